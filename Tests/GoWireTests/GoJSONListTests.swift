import Testing

@testable import GoWire

/// cache-load contract §1.3: fields of `GooseFSRequest`.
@Suite struct GoJSONListTests {
    private static func list(_ text: String) throws -> [String?]? {
        try GoJSON.strings("path", in: GoJSON.firstDocument(Array(text.utf8)), of: "R")
    }

    @Test func `a list of texts may hold null, and may be absent`() throws {
        #expect(try Self.list("{}") == nil && Self.list(#"{"path":null}"#) == nil)
        #expect(try Self.list(#"{"path":[]}"#) == [])
        #expect(try Self.list(#"{"PATH":["a",null,""]}"#) == ["a", nil, ""])
        #expect(try Self.list(#"{"path":["a"],"Path":["b"]}"#) == ["b"])
    }

    @Test(arguments: [
        (#"{"path":"/a"}"#, "string into Go struct field R.path of type []*string"),
        (#"{"path":{}}"#, "object into Go struct field R.path of type []*string"),
        (#"{"path":["a",5]}"#, "number into Go struct field R.path of type string"),
        ("[]", "array into Go value of type R"),
    ])
    func `what is wrong is told in Go's words`(_ text: String, _ message: String) {
        #expect(throws: GoJSONError("json: cannot unmarshal \(message)")) { try Self.list(text) }
    }

    @Test func `a flag is true, false or absent`() throws {
        func flag(_ text: String) throws -> Bool? {
            try GoJSON.bool("confirm", in: GoJSON.firstDocument(Array(text.utf8)), of: "R")
        }
        #expect(try flag(#"{"confirm":true}"#) == true && flag(#"{"confirm":false}"#) == false)
        #expect(try flag(#"{"confirm":null}"#) == nil && flag("{}") == nil)
        #expect(throws: GoJSONError("json: cannot unmarshal string into Go struct field R.confirm of type bool")) {
            try flag(#"{"confirm":"true"}"#)
        }
    }
}
