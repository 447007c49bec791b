/// One column type with values that reach its edges, as SQL.
package struct TypeCase: Sendable {
    package enum Support: Sendable {
        case both
        case maria
        case mysql
    }

    package let type: String
    package let values: [String]
    package var support = Support.both

    init(_ type: String, _ values: [String], _ support: Support = .both) {
        self.type = type
        self.values = values
        self.support = support
    }
}

package enum TypeMatrix {
    package static let all: [TypeCase] = numbers + times + texts + others

    private static let numbers = [
        TypeCase("TINYINT", ["0", "1", "-1", "127", "-128"]),
        TypeCase("TINYINT UNSIGNED", ["0", "127", "128", "255"]),
        TypeCase("SMALLINT", ["0", "-1", "32767", "-32768"]),
        TypeCase("SMALLINT UNSIGNED", ["0", "32768", "65535"]),
        TypeCase("MEDIUMINT", ["0", "-1", "8388607", "-8388608"]),
        TypeCase("MEDIUMINT UNSIGNED", ["0", "8388608", "16777215"]),
        TypeCase("INT", ["0", "-1", "2147483647", "-2147483648"]),
        TypeCase("INT UNSIGNED ZEROFILL", ["0", "2147483648", "4294967295"]),
        TypeCase("BIGINT", ["0", "-1", "9223372036854775807", "-9223372036854775808"]),
        TypeCase("BIGINT UNSIGNED", ["0", "9223372036854775808", "18446744073709551615"]),
        TypeCase("FLOAT", ["0", "-1.5", "3.4028234e38", "1.17549435e-38", "0.1"]),
        TypeCase("DOUBLE", ["0", "-0.1", "1.7976931348623157e308", "2.2250738585072014e-308", "1e15", "1e16"]),
        TypeCase("DECIMAL(1,0)", ["0", "9", "-9"]),
        TypeCase("DECIMAL(10,2)", ["0", "0.01", "-0.01", "99999999.99", "-99999999.99", "-1.5"]),
        TypeCase("DECIMAL(30,30)", ["0", "0.000000000000000000000000000001", "-0.5"]),
        TypeCase("DECIMAL(65,0)", [String(repeating: "9", count: 65), "-" + String(repeating: "9", count: 65), "100"]),
        TypeCase("DECIMAL(65,30)", ["1.5", "-123456789012345678901234567890.123456789012345678901234567891"]),
        TypeCase("DECIMAL(18,9) UNSIGNED", ["0", "123456789.987654321", "1000000000.0 - 1"]),
        TypeCase("BIT(1)", ["b'0'", "b'1'"]),
        TypeCase("BIT(9)", ["b'0'", "b'111111111'", "b'100000001'"]),
        TypeCase("BIT(64)", ["b'0'", "0xffffffffffffffff", "0x8000000000000001"]),
        TypeCase("YEAR", ["0", "1901", "2155", "2026"]),
    ]

    private static let times = [
        TypeCase("DATE", ["'0000-00-00'", "'1000-01-01'", "'9999-12-31'", "'2026-02-00'"]),
        TypeCase("TIME", ["'00:00:00'", "'-838:59:59'", "'838:59:59'", "'-00:00:01'"]),
        TypeCase("TIME(1)", ["'-00:00:00.1'", "'-00:00:01.9'", "'12:34:56.7'"]),
        TypeCase("TIME(2)", ["'-00:00:00.01'", "'-12:00:01.99'", "'838:59:58.99'"]),
        TypeCase("TIME(3)", ["'-00:00:01.500'", "'-00:00:00.001'", "'12:34:56.789'"]),
        TypeCase("TIME(4)", ["'-00:00:01.0001'", "'-01:00:00.9999'", "'12:34:56.7890'"]),
        TypeCase("TIME(5)", ["'-00:00:01.00001'", "'12:34:56.78901'"]),
        TypeCase("TIME(6)", ["'-00:00:01.500000'", "'-00:00:00.000001'", "'-838:59:58.999999'", "'12:34:56.789012'"]),
        TypeCase("DATETIME", ["'0000-00-00 00:00:00'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"]),
        TypeCase("DATETIME(1)", ["'2026-11-22 14:15:16.7'"]),
        TypeCase("DATETIME(3)", ["'2026-11-22 14:15:16.789'", "'0000-00-00 00:00:00'"]),
        TypeCase("DATETIME(6)", ["'1000-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"]),
        TypeCase(
            "TIMESTAMP NULL",
            ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'", "'2024-02-29 12:00:00'"]),
        TypeCase("TIMESTAMP(2) NULL", ["'2024-02-29 23:59:59.99'"]),
        TypeCase("TIMESTAMP(6) NULL", ["'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.999999'"]),
    ]

    private static let texts = [
        TypeCase("CHAR(0)", ["''"]),
        TypeCase("CHAR(10) CHARACTER SET utf8mb4", ["''", "'a'", "'日本🐦'", "'trailing  '"]),
        TypeCase("CHAR(255) CHARACTER SET utf8mb4", ["''", "REPEAT('🐦', 255)", "'x'"]),
        TypeCase("CHAR(10) CHARACTER SET latin1", ["''", "_latin1 0x80818D9F", "'é'"]),
        TypeCase("VARCHAR(10) CHARACTER SET gbk", ["''", "'中文'"]),
        TypeCase(
            "VARCHAR(200) CHARACTER SET utf8mb4", ["''", "'a'", "REPEAT('🐦', 200)", "'with \\0 zero and spaces  '"]),
        TypeCase("VARCHAR(255) CHARACTER SET latin1", ["''", "REPEAT('x', 255)"]),
        TypeCase("VARCHAR(256) CHARACTER SET latin1", ["''", "REPEAT('x', 256)"]),
        TypeCase("BINARY(1)", ["0x00", "0xff", "''"]),
        TypeCase("BINARY(16)", ["0x00", "0x0100", "REPEAT(0xff, 16)", "''", "0x00ff00"]),
        TypeCase("BINARY(255)", ["''", "REPEAT(0xff, 255)"]),
        TypeCase("VARBINARY(300)", ["''", "0x00", "0xff00", "REPEAT(0x00, 300)"]),
        TypeCase("TINYTEXT", ["''", "REPEAT('x', 255)"]),
        TypeCase("TEXT CHARACTER SET utf8mb4", ["''", "'🐦'", "REPEAT('日', 20000)"]),
        TypeCase("MEDIUMTEXT", ["''", "REPEAT('x', 70000)"]),
        TypeCase("LONGTEXT", ["''", "REPEAT('y', 1000000)"]),
        TypeCase("TINYBLOB", ["''", "0x00ff"]),
        TypeCase("BLOB", ["''", "REPEAT(0x00, 65535)"]),
        TypeCase("MEDIUMBLOB", ["''", "REPEAT(0xfe, 70000)"]),
        TypeCase("LONGBLOB", ["''", "REPEAT(0xab, 1000000)"]),
        TypeCase("VARCHAR(10) CHARACTER SET utf16", ["''", "'a🐦'"]),
    ]

    private static let others = [
        TypeCase("ENUM('a','b','🐦')", ["'a'", "'🐦'", "''"]),
        TypeCase("ENUM(\(manyLabels(300)))", ["'l1'", "'l256'", "'l300'"]),
        TypeCase("SET('a','b','c')", ["''", "'a'", "'a,c'", "'a,b,c'"]),
        TypeCase("SET(\(manyLabels(64)))", ["''", "'l64'", "'l1,l9,l33'", "'l8,l16,l24'"]),
        TypeCase("GEOMETRY", ["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('LINESTRING(0 0,1 1,2 4)')"]),
        TypeCase("POINT", ["ST_GeomFromText('POINT(-1.5 45)', 4326)"]),
        TypeCase("JSON", jsonValues),
        TypeCase("JSON", opaqueValues, .mysql),
        TypeCase("VECTOR(3)", ["STRING_TO_VECTOR('[1,-2.5,3e10]')"], .mysql),
        TypeCase(
            "UUID",
            [
                "'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'", "'01890a5d-ac96-774b-bcce-b302099a8057'",
                "'6ccd780c-baba-1026-9564-5b8c656024db'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a00'",
            ], .maria),
        TypeCase("INET4", ["'0.0.0.0'", "'255.255.255.255'", "'10.0.0.0'", "'127.0.0.1'"], .maria),
        TypeCase(
            "INET6",
            [
                "'::'", "'::1'", "'2001:db8::ff00:42:8329'", "'::ffff:192.168.1.1'", "'fe80::'",
                "'1:0:0:2::3'", "'::1.2.3.4'", "'1:2:3:4:5:6:7:8'", "'1:0:2:3:4:5:6:7'",
            ], .maria),
        TypeCase("VARCHAR(1000) COMPRESSED", ["''", "'short'", "REPEAT('abc', 300)"], .maria),
        TypeCase("BLOB COMPRESSED", ["''", "0x00", "REPEAT(0x00ff, 20000)"], .maria),
        TypeCase("TEXT COMPRESSED CHARACTER SET utf8mb4", ["''", "'🐦'", "REPEAT('日本', 5000)"], .maria),
    ]

    private static let jsonValues = [
        "'null'", "'true'", "'false'", "'0'", "'-1'", "'32767'", "'-32768'", "'65535'", "'-2147483648'", "'4294967295'",
        "'9223372036854775807'", "'-9223372036854775808'", "'18446744073709551615'", "'1.5'", "'-0.1'", "'1e100'",
        "'1.0'", "'1e15'", "'1e14'", "'-123456.5e8'", "'1e-15'", "'1e-14'", "'0.00001'", "'1.5e-16'", "'1e22'", "'0.0'",
        "'-0.0'",
        "'123456789012345678'", "'2.2250738585072014e-308'", "'\"\"'",
        "'\"quote \\\\\" back \\\\\\\\ nl \\\\n tab \\\\t \\\\u0001 🐦 /\"'", "'[]'", "'{}'",
        "'[1, \"a\", null, true, 1.5, [[]], {\"k\": {\"n\": [-1, 70000, 5000000000]}}]'",
        "'{\"b\": 1, \"aa\": \"x\", \"🐦\": [], \"\": 0}'",
        "CONCAT('[\"', REPEAT('x', 70000), '\", 70000, 100000, -5, \"end\"]')",
        "CONCAT('{\"', REPEAT('k', 300), '\": \"', REPEAT('v', 200), '\"}')",
    ]

    /// SQL values inside of JSON, which text alone cannot make.
    private static let opaqueValues = [
        "JSON_OBJECT('d', CAST(-1.50 AS DECIMAL(5,2)), 'big', CAST(12345678901234567890.123 AS DECIMAL(40,10)))",
        "JSON_ARRAY(CAST('-10:11:12.5' AS TIME(6)), CAST('838:59:59' AS TIME))",
        "JSON_ARRAY(CAST('2026-11-22 14:15:16.000007' AS DATETIME(6)), CAST('1000-01-01' AS DATE))",
        "JSON_ARRAY(x'00ff', ST_AsBinary(ST_GeomFromText('POINT(1 2)')), b'101', CAST(2026 AS YEAR))",
        "JSON_ARRAY(CAST('a' AS BINARY), REPEAT(x'fe', 300))",
    ]

    private static func manyLabels(_ count: Int) -> String { (1...count).map { "'l\($0)'" }.joined(separator: ",") }
}
