import Foundation
import MartletCore
import Testing

/// Bodies of task calls: what is taken, and what is said about the rest.
@Suite(.few) struct ScriptBodyTests {
    @Test func `null, an empty list, an empty object and no body mean no arguments`() async throws {
        // contract §5 case 14; the empty object is what the Django caller sends
        let server = try await ScriptServer()
        for body in ["null", "[]", "{}", "", " \n[ ]\t", " null "] {
            #expect(try await server.post("/sync/test/f-args", body).data == "[]", "body \(body)")
        }
        #expect(try await server.send(.POST, "/sync/test/f-args").data == "[]")
    }

    static let rejected: [(body: String, msg: String)] = [
        (#"{"a":1}"#, "json: cannot unmarshal object into Go value of type []string"),
        (#""abc""#, "json: cannot unmarshal string into Go value of type []string"),
        ("5", "json: cannot unmarshal number into Go value of type []string"),
        ("true", "json: cannot unmarshal bool into Go value of type []string"),
        ("[1]", "json: cannot unmarshal number into Go value of type string"),
        (#"["a",1]"#, "json: cannot unmarshal number into Go value of type string"),
        (#"[["a"]]"#, "json: cannot unmarshal array into Go value of type string"),
        (" ", "unexpected end of JSON input"), ("[", "unexpected end of JSON input"),
        (#"["a""#, "unexpected end of JSON input"),
        ("abc", "invalid character 'a' looking for beginning of value"),
        (#"["a"] x"#, "invalid character 'x' after top-level value"),
        (#"["a",]"#, "invalid character ']' looking for beginning of value"),
        ("['a']", #"invalid character '\'' looking for beginning of value"#),
        ("a=1&b=2", "invalid character 'a' looking for beginning of value"),
        ("\u{FEFF}[]", "invalid character 'ï' looking for beginning of value"),
    ]

    @Test func `a body that is no list of texts is refused and nothing is started`() async throws {
        // contract §5 case 16, texts of §1.4
        let server = try await ScriptServer()
        for (body, msg) in Self.rejected {
            let answer = try await server.post("/sync/test/f-args", body)
            #expect(answer.status == 200, "\(body)")
            #expect(answer.code == 1, "\(body)")
            #expect(answer.data == "", "\(body)")
            #expect(answer.msg == msg, "\(body)")
        }
        #expect(try await server.recorded().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: server.site.data + "/logs/f_args.log"))
    }

    @Test func `async refuses the same bodies before it answers an id`() async throws {
        // contract §2 row 17
        let server = try await ScriptServer()
        for (body, msg) in Self.rejected {
            let answer = try await server.post("/async/test/f-args", body)
            #expect(answer.code == 1, "\(body)")
            #expect(answer.msg == msg, "\(body)")
        }
        #expect(try await server.recorded().isEmpty)
    }

    @Test func `null in a list is the empty text`() async throws {
        // contract §5 case 17
        let server = try await ScriptServer()
        #expect(try await server.post("/sync/test/f-args", #"["a", null]"#).data.parsed == ["a", ""])
    }

    @Test func `the content type does not matter`() async throws {
        // contract §5 case 19
        let server = try await ScriptServer()
        for type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "nonsense"] {
            let answer = try await server.post("/sync/test/f-args", #"["a"]"#, headers: ["Content-Type": type])
            #expect(answer.data.parsed == ["a"], "\(type)")
        }
        #expect(try await server.post("/sync/test/f-args", #"["a"]"#).data.parsed == ["a"])
    }

    @Test func `bytes that are no UTF-8 are replaced one by one`() async throws {
        // contract §1.4, §1.12
        let server = try await ScriptServer()
        let body = Array("[\"a".utf8) + [0xFF, 0xE4, 0xB8] + Array("b\",\"\\ud800\"]".utf8)
        let answer = try await server.send(.POST, "/sync/test/f-args", body)
        #expect(answer.data.parsed == ["a\u{FFFD}\u{FFFD}\u{FFFD}b", "\u{FFFD}"])
    }
}
