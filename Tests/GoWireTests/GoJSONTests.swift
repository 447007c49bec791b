import MartletCore
import Testing

@testable import GoWire

@Suite struct GoJSONTests {
    /// Contract §1.4: bodies that are lists of texts.
    static let lists: [(String, [String])] = [
        ("null", []), ("[]", []), (" [ ] \r\n\t", []), (#"["a",null,"b c"]"#, ["a", "", "b c"]),
        (" [\"a\"]\n", ["a"]),
        (#"["\u0000"]"#, ["\u{0}"]),
        (#"["\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00"]"#, ["\"\\/\u{8}\u{C}\n\r\té😀"]),
        (
            #"["\ud83dx","\ude00","\ud83d\u0041","\ud83d\ud83d\ude00","\ud83d\n"]"#,
            ["\u{FFFD}x", "\u{FFFD}", "\u{FFFD}A", "\u{FFFD}😀", "\u{FFFD}\n"]
        ),
    ]

    static let wrongLists = [
        ("{}", "json: cannot unmarshal object into Go value of type []string"),
        (#"{"a":["b"]}"#, "json: cannot unmarshal object into Go value of type []string"),
        (#""abc""#, "json: cannot unmarshal string into Go value of type []string"),
        ("5", "json: cannot unmarshal number into Go value of type []string"),
        ("1.5", "json: cannot unmarshal number into Go value of type []string"),
        ("true", "json: cannot unmarshal bool into Go value of type []string"),
        ("[1]", "json: cannot unmarshal number into Go value of type string"),
        (#"["a",1]"#, "json: cannot unmarshal number into Go value of type string"),
        (#"[["a"]]"#, "json: cannot unmarshal array into Go value of type string"),
        (#"["a",{},1]"#, "json: cannot unmarshal object into Go value of type string"),
        ("[false]", "json: cannot unmarshal bool into Go value of type string"),
    ]

    @Test(arguments: lists) func `a list of texts is read`(_ body: String, _ texts: [String]) throws {
        #expect(try GoJSON.strings(GoJSON.value(Array(body.utf8))) == texts)
    }

    @Test(arguments: wrongLists) func `what is no list of texts is named`(
        _ body: String, _ message: String
    ) throws {
        let value = try GoJSON.value(Array(body.utf8))
        #expect(throws: GoJSONError(message)) { try GoJSON.strings(value) }
    }

    @Test func `bytes that are no text become marks`() throws {
        let bytes =
            Array("[\"a".utf8) + [0xE4, 0xB8, 0x62, 0xFF] + Array(#"\u00e9","#.utf8) + [
                0x22, 0xC0, 0x22, 0x5D,
            ]
        #expect(try GoJSON.strings(GoJSON.value(bytes)) == ["a\u{FFFD}\u{FFFD}b\u{FFFD}é", "\u{FFFD}"])
    }

    @Test func `of equal keys the last counts`() throws {
        let value = try GoJSON.value(Array(#"{"a":1,"b":[{"a":1,"a":2}],"a":"x"}"#.utf8))
        #expect(value == ["a": "x", "b": [["a": 2]]])
    }

    @Test func `numbers of any size are read`() throws {
        let value = try GoJSON.value(
            Array("[0,-0,-1.5e+2,9223372036854775807,9223372036854775808,1e999,1E-999]".utf8))
        let top: JSONValue = .double(9_223_372_036_854_775_808)
        #expect(value == [0, 0, .double(-150), .int(.max), top, .double(.infinity), .double(0)])
    }

    /// Contract §1.7: what follows the first document is not looked at.
    @Test(arguments: [
        #"{"session_id":"x"} junk"#, #"{"session_id":"x"}}"#, #" {"session_id":"x"}{"session_id":"y"}"#,
    ])
    func `a stream's first document is enough`(_ body: String) throws {
        #expect(try GoJSON.firstDocument(Array(body.utf8)).value == ["session_id": "x"])
    }

    @Test(arguments: [("5x", 5), ("-0", 0), ("01", 0), ("12]", 12), ("7", 7)] as [(String, Int64)])
    func `a stream may begin with a number`(_ body: String, _ number: Int64) throws {
        #expect(try GoJSON.firstDocument(Array(body.utf8)).value == .int(number))
    }
}
