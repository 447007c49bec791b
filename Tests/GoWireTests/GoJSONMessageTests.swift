import MartletCore
import Testing

@testable import GoWire

@Suite struct GoJSONMessageTests {
    static let structure = [
        ("abc", "'a' looking for beginning of value"),
        (#"["a",]"#, "']' looking for beginning of value"),
        ("[,", "',' looking for beginning of value"), ("[}", "'}' looking for beginning of value"),
        (#"{"a":}"#, "'}' looking for beginning of value"),
        ("+1", "'+' looking for beginning of value"),
        ("['a']", #"'\'' looking for beginning of value"#),
        ("a=1&b=2", "'a' looking for beginning of value"),
        (#"["a""b"]"#, #"'"' after array element"#), ("[1}", "'}' after array element"),
        ("[01]", "'1' after array element"), ("[1.2.3]", "'.' after array element"),
        ("{a", "'a' looking for beginning of object key string"),
        (#"{"a":1,}"#, "'}' looking for beginning of object key string"),
        ("{1:2}", "'1' looking for beginning of object key string"),
        (#"{"a" 1}"#, "'1' after object key"), (#"{"a"}"#, "'}' after object key"),
        (#"{"a":1 "b"}"#, #"'"' after object key:value pair"#),
        (#"{"a":1]"#, "']' after object key:value pair"),
    ]

    static let scalars = [
        ("[\"a\nb\"]", #"'\n' in string literal"#), ("[\"\u{0}", #"'\x00' in string literal"#),
        (#"["\x"]"#, "'x' in string escape code"), (#"["\'"]"#, #"'\'' in string escape code"#),
        (#"["\u12g4"]"#, #"'g' in \u hexadecimal character escape"#),
        (#"["\ud83d\u"]"#, #"'"' in \u hexadecimal character escape"#),
        (#"["\ud83d\x"]"#, "'x' in string escape code"), ("[-]", "']' in numeric literal"),
        ("[-a", "'a' in numeric literal"), ("[1.]", "']' after decimal point in numeric literal"),
        ("[1.e5]", "'e' after decimal point in numeric literal"),
        ("[1e]", "']' in exponent of numeric literal"),
        ("[1E+-", "'-' in exponent of numeric literal"),
        ("[1e-x", "'x' in exponent of numeric literal"),
    ]

    static let words = ["true", "false", "null"].flatMap { word in
        word.indices.dropFirst().map { (word, String(word[..<$0]), word[$0]) }
    }

    static let bytes: [(UInt8, String)] = [
        (0x00, #"'\x00'"#), (0x07, #"'\a'"#), (0x08, #"'\b'"#), (0x0B, #"'\v'"#), (0x0C, #"'\f'"#),
        (0x1F, #"'\x1f'"#),
        (0x7F, #"'\x7f'"#), (0x27, #"'\''"#), (0x5C, #"'\\'"#), (0x22, #"'"'"#), (0x3C, "'<'"),
        (0x80, #"'\u0080'"#),
        (0x9F, #"'\u009f'"#), (0xA0, #"'\u00a0'"#), (0xAD, #"'\u00ad'"#), (0xE4, "'ä'"), (0xEF, "'ï'"),
        (0xFF, "'ÿ'"),
    ]

    @Test(arguments: structure + scalars)
    func `a wrong character is named with its place`(_ body: String, _ message: String) {
        let error = GoJSONError("invalid character " + message)
        #expect(throws: error) { try GoJSON.value(Array(body.utf8)) }
        #expect(throws: error) { try GoJSON.firstDocument(Array(body.utf8)).value }
    }

    @Test(arguments: words) func `each letter of a word is expected`(
        _ word: String, _ begun: String, _ next: Character
    ) {
        let place = "in literal \(word) (expecting '\(next)')"
        #expect(throws: GoJSONError("invalid character 'X' " + place)) {
            try GoJSON.value(Array("[\(begun)X".utf8))
        }
        #expect(throws: GoJSONError("invalid character ' ' " + place)) {
            try GoJSON.value(Array(begun.utf8))
        }
        #expect(throws: GoJSONError("unexpected EOF")) { try GoJSON.firstDocument(Array(begun.utf8)).value }
    }

    @Test(arguments: bytes) func `a byte is quoted as a Latin-1 character`(
        _ byte: UInt8, _ quoted: String
    ) {
        let message = "invalid character \(quoted) after array element"
        #expect(throws: GoJSONError(message)) { try GoJSON.value(Array("[1".utf8) + [byte]) }
    }

    @Test(arguments: [
        (#"["a"] x"#, "x"), ("{}}", "}"), ("nullx", "x"), ("5 6", "6"), ("01", "1"), (#""a"]"#, "]"),
    ])
    func `nothing may follow a whole document`(_ body: String, _ character: String) {
        let body = body == #""a"# ? #""a"]"# : body
        let message = "invalid character '\(character)' after top-level value"
        #expect(throws: GoJSONError(message)) { try GoJSON.value(Array(body.utf8)) }
    }

    @Test(arguments: ["", " ", "\r\n\t "]) func `an empty input has no document`(_ body: String) {
        #expect(throws: GoJSONError("unexpected end of JSON input")) {
            try GoJSON.value(Array(body.utf8))
        }
        #expect(throws: GoJSONError("EOF")) { try GoJSON.firstDocument(Array(body.utf8)).value }
    }

    @Test(arguments: [
        "[", #"["a""#, #"["a",  "#, "{", #"{"a"#, #"{"a""#, #"{"a":"#, #"{"a":1"#, #"{"a":1,"#, "[[]",
    ])
    func `a cut document is told as such`(_ body: String) {
        #expect(throws: GoJSONError("unexpected end of JSON input")) {
            try GoJSON.value(Array(body.utf8))
        }
        #expect(throws: GoJSONError("unexpected EOF")) { try GoJSON.firstDocument(Array(body.utf8)).value }
    }

    /// Go ends a whole input with an imagined space.
    @Test(arguments: [
        ("-", "in numeric literal"), ("1.", "after decimal point in numeric literal"),
        ("1e+", "in exponent of numeric literal"), (#""\"#, "in string escape code"),
        (#""\u00"#, #"in \u hexadecimal character escape"#),
    ])
    func `a token cut in a whole input is followed by a space`(_ body: String, _ place: String) {
        #expect(throws: GoJSONError("invalid character ' ' " + place)) {
            try GoJSON.value(Array(body.utf8))
        }
        #expect(throws: GoJSONError("unexpected EOF")) { try GoJSON.firstDocument(Array(body.utf8)).value }
    }
}
