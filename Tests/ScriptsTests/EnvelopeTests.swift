import GoWire
import MartletCore
import Testing

@testable import Scripts

@Suite struct EnvelopeTests {
    static func text(_ envelope: Envelope) -> String {
        String(decoding: envelope.bytes, as: UTF8.self)
    }

    static let escapes: [(String, String)] = [
        ("<a href='x'>&", #"\u003ca href='x'\u003e\u0026"#),
        ("a\u{2028}b\u{2029}c", #"a\u2028b\u2029c"#),
        ("\u{2027}\u{202A}\u{2100}", "\u{2027}\u{202A}\u{2100}"),
        ("\n\r\t", #"\n\r\t"#),
        ("\u{0}\u{8}\u{B}\u{C}\u{1F}\u{7F}", #"\u0000\u0008\u000b\u000c\u001f"# + "\u{7F}"),
        (#""\/"#, #"\"\\/"#),
        ("中文 é 😀 \u{FFFD}", "中文 é 😀 \u{FFFD}"),
    ]

    @Test func `a success has code, data and msg in this order`() {
        #expect(Self.text(.ok("last line")) == #"{"code":0,"data":"last line","msg":""}"#)
        #expect(Self.text(.ok(true, note: "why")) == #"{"code":0,"data":true,"msg":"why"}"#)
        #expect(Self.text(.ok(.null)) == #"{"code":0,"data":null,"msg":""}"#)
    }

    @Test func `a failure repeats its text as message`() {
        let text =
            #"{"code":1,"data":"","msg":"exec error: exit status 3 ()","message":"exec error: exit status 3 ()"}"#
        #expect(Self.text(.failed("exec error: exit status 3 ()")) == text)
        #expect(Self.text(.failed("", data: 5)) == #"{"code":1,"data":5,"msg":"","message":""}"#)
    }

    @Test(arguments: escapes) func `texts are escaped as Go does`(_ text: String, _ written: String) {
        let expected = "{\"code\":0,\"data\":\"\(written)\",\"msg\":\"\"}"
        #expect(Envelope.ok(.string(text)).bytes == Array(expected.utf8))
        let key = "{\"code\":0,\"data\":{\"\(written)\":1},\"msg\":\"\"}"
        #expect(Envelope.ok(.object([(text, .int(1))])).bytes == Array(key.utf8))
    }

    @Test func `members keep their order and lists their elements`() {
        let session: WireValue = .object([
            ("id", "7"), ("done", true), ("age", .int(-3)), ("none", .null), ("a", .array([])),
        ])
        let text = #"[{"id":"7","done":true,"age":-3,"none":null,"a":[]},false,{}]"#
        #expect(WireWriter.bytes(.array([session, false, .object([])])) == Array(text.utf8))
    }

    @Test func `a read document is written in the order of its keys`() {
        let value: JSONValue = [
            "b": [1, .double(1.5), .null, true], "a": "<", "c": .double(2), "d": .double(.infinity),
        ]
        let text = #"{"a":"\u003c","b":[1,1.5,null,true],"c":2,"d":null}"#
        #expect(WireWriter.bytes(.json(value)) == Array(text.utf8))
    }

    @Test func `what is written is read back`() throws {
        let rows = (0..<10_000).map { row in
            WireValue.object([
                ("id", .string("id<\(row)>")), ("done", .bool(row % 2 == 0)), ("at", .int(Int64(row))),
            ])
        }
        let value = try JSONParser.parse(Envelope.ok(.array(rows)).bytes)
        #expect(value.object?["data"]?.array?.count == 10_000)
        #expect(value.object?["data"]?.array?.last == ["id": "id<9999>", "done": false, "at": 9999])
    }
}
