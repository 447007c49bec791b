import Testing

@testable import GoWire

@Suite struct GoJSONFieldTests {
    static let texts: [(String, String?)] = [
        ("{}", nil), ("null", nil), (#"{"session_id":null}"#, nil), (#"{"session_id":"x"}"#, "x"),
        (#"{"session_id":""}"#, ""), (#"{"Session_ID":"x","other":1}"#, "x"),
        (#"{"sessionid":"x"}"#, nil),
        (#"{"session_id":"x","SESSION_ID":"y"}"#, "y"), (#"{"SESSION_ID":"y","session_id":"x"}"#, "x"),
        (#"{"session_id":"x","session_id":null}"#, nil), (#"{"\u017fession_id":"x"}"#, "x"),
        (#"{"a":{"session_id":"x"}}"#, nil),
    ]

    static let wrongTexts = [
        (#"{"session_id":5}"#, "number into Go struct field .session_id of type string"),
        (#"{"session_id":1.5}"#, "number into Go struct field .session_id of type string"),
        (#"{"session_id":true}"#, "bool into Go struct field .session_id of type string"),
        (#"{"SESSION_ID":[]}"#, "array into Go struct field .session_id of type string"),
        (
            #"{"session_id":{},"session_id":"x"}"#,
            "object into Go struct field .session_id of type string"
        ),
        ("[]", "array into Go value of type struct"), (#""x""#, "string into Go value of type struct"),
    ]

    static let integers: [(String, Int64?)] = [
        ("{}", nil), ("null", nil), (#"{"counter":0}"#, 0), (#"{"counter":-3}"#, -3),
        (#"{"Counter":4}"#, 4),
        (#"{"counter":5,"counter":null}"#, 5), (#"{"counter":5,"COUNTER":6}"#, 6),
        (#"{"count":5}"#, nil),
    ]

    static let wrongIntegers = [
        (#"{"counter":"5"}"#, "string into Go struct field demoArg.counter of type int"),
        (#"{"counter":1.5}"#, "number 1.5 into Go struct field demoArg.counter of type int"),
        (#"{"counter":1e2,"x":7}"#, "number 1e2 into Go struct field demoArg.counter of type int"),
        (
            #"{"counter":9223372036854775808}"#,
            "number 9223372036854775808 into Go struct field demoArg.counter of type int"
        ),
        (
            #"{"x":[2.5],"counter":-1.50}"#,
            "number -1.50 into Go struct field demoArg.counter of type int"
        ),
        (#"{"counter":false,"counter":1}"#, "bool into Go struct field demoArg.counter of type int"),
        ("[1]", "array into Go value of type demo.demoArg"),
        ("5", "number into Go value of type demo.demoArg"),
    ]

    @Test(arguments: texts) func `a text is found whatever the case of its key`(
        _ body: String, _ text: String?
    ) throws {
        #expect(try GoJSON.string("session_id", in: GoJSON.firstDocument(Array(body.utf8)), of: "") == text)
    }

    @Test(arguments: wrongTexts) func `what is no text is named`(_ body: String, _ message: String)
        throws
    {
        let document = try GoJSON.firstDocument(Array(body.utf8))
        #expect(throws: GoJSONError("json: cannot unmarshal " + message)) {
            try GoJSON.string("session_id", in: document, of: "")
        }
    }

    @Test(arguments: integers) func `an integer is found`(_ body: String, _ integer: Int64?) throws {
        #expect(try GoJSON.integer("counter", in: GoJSON.document(Array(body.utf8)), of: "demoArg") == integer)
    }

    @Test(arguments: wrongIntegers)
    func `what is no integer is named, numbers as written`(_ body: String, _ message: String) throws {
        let document = try GoJSON.document(Array(body.utf8))
        #expect(throws: GoJSONError("json: cannot unmarshal " + message)) {
            try GoJSON.integer("counter", in: document, of: "demoArg", type: "demo.demoArg")
        }
    }
}
