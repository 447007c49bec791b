import MartletCore
import Replication
import Replicator
import Testing

/// contract §C.2: which tables are replicated, and as what.
struct SelectionTests {
    private static func selection(_ config: [String: JSONValue]) throws -> Selection {
        var config = config
        config["ConnectionConfig"] = ["Host": "h", "Port": 1, "User": "u", "Password": "p"]
        return try Selection(try ReplicationSettings(config: config, role: .source))
    }

    private static func target(_ selection: Selection, _ schema: String, _ table: String) throws -> String? {
        try selection.route(TableName(schema, table))?.target.description
    }

    @Test func `everything but the system is replicated where nothing is said`() throws {
        let selection = try Self.selection([:])
        #expect(try Self.target(selection, "a", "t") == "a.t")
        for schema in ["mysql", "sys", "information_schema", "performance_schema", "dtle", "MySQL"] {
            #expect(try Self.target(selection, schema, "t") == nil)
        }
    }

    @Test func `ignored schemas and tables count only without a list`() throws {
        let ignored: JSONValue = [
            ["TableSchema": "a", "Tables": [["TableName": "t"]]], ["TableSchema": "b"],
        ]
        let selection = try Self.selection(["ReplicateIgnoreDb": ignored])
        #expect(try Self.target(selection, "a", "t") == nil)
        #expect(try Self.target(selection, "a", "u") == "a.u")
        #expect(try selection.schema("b") == nil)
        #expect(try selection.isWhole("a"))
        let listed = try Self.selection(["ReplicateIgnoreDb": ignored, "ReplicateDoDb": [["TableSchema": "b"]]])
        #expect(try Self.target(listed, "b", "t") == "b.t")
        #expect(try Self.target(listed, "a", "u") == nil)
    }

    @Test func `names come before patterns, and both are renamed`() throws {
        let selection = try Self.selection([
            "ReplicateDoDb": [
                [
                    "TableSchemaRegex": "^shop_(?P<land>[a-z]{2})(\\d*)$", "TableSchemaRename": "all_${land}$2x_$$",
                    "Tables": [
                        ["TableRegex": "(?i)LOG|note", "TableRename": "n_${0}"],
                        ["TableName": "log", "TableRename": "exact"],
                    ],
                ], ["TableSchema": "shop_fr", "TableSchemaRename": "france"],
            ]
        ])
        #expect(try Self.target(selection, "shop_fr", "any") == "france.any")
        #expect(try Self.target(selection, "shop_de12", "log") == "all_de$.exact")
        #expect(try Self.target(selection, "shop_de", "the_notes") == "all_de$.n_note")
        #expect(try Self.target(selection, "shop_de", "other") == nil)
        #expect(try !selection.isWhole("shop_de"))
        #expect(try selection.isWhole("shop_fr"))
    }

    @Test(arguments: [
        ("a|ab", "xab", "a"), ("(a|ab)(c|bcd)", "abcd", "abcd"), ("a*?b", "aab", "aab"), ("\\bw\\w+", "a word", "word"),
        ("x{2,3}", "xxxx", "xxx"), ("[^a-c]+", "abcdef", "def"), ("[\\]x]+", "a]x", "]x"), ("a.c$", "abc", "abc"),
        ("(?:ab)+", "ababa", "abab"), ("(a?)*b", "aab", "aab"), ("\\.", "a.b", "."), ("^$", "", ""),
    ])
    func `patterns match as RE2 does`(pattern: String, name: String, match: String) throws {
        let selection = try Self.selection([
            "ReplicateDoDb": [["TableSchemaRegex": .string(pattern), "TableSchemaRename": "<$0>"]]
        ])
        #expect(try selection.schema(name) == "<\(match)>")
    }

    @Test func `a pattern that takes too long is refused in bounded time`() throws {
        let selection = try Self.selection([
            "ReplicateDoDb": [["TableSchemaRegex": "(a+)+$", "TableSchemaRename": "x"]]
        ])
        #expect(throws: PatternTooSlow.self) { try selection.schema(String(repeating: "a", count: 60) + "!") }
    }
}
