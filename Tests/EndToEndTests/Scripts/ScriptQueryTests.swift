import Foundation
import MartletCore
import Testing

/// Bodies of query and kill, and who is found.
@Suite(.few) struct ScriptQueryTests {
    @Test func `all sessions come for an empty body, an empty object and a null id`() async throws {
        // contract §5 case 43
        let server = try await ScriptServer()
        for body in ["", "{}", #"{"session_id":null}"#] {
            let none = try await server.query(body)
            #expect(none.status == 200)
            #expect(none.text == #"{"code":0,"data":[],"msg":""}"#, "\(body)")
        }
        var ids: Set<String> = []
        for number in 0..<3 { ids.insert(try await server.start("f-args", ["\(number)"])) }
        // A synchronous call is in no list.
        _ = try await server.run("f-args")
        for body in ["", "{}", #"{"session_id":null}"#] {
            let all = try await server.query(body)
            #expect(Set((all.data.array ?? []).compactMap { $0["id"].string }) == ids, "\(body)")
            #expect(all.data.array?.count == 3)
        }
    }

    @Test func `an unknown session is told by query as an error and by kill as none`() async throws {
        // contract §5 case 46, §1.7
        let server = try await ScriptServer()
        for id in ["9e9dee40-2fd8-4226-a462-fadaff2bd2c3", "x", "", "../../etc"] {
            let query = try await server.query("{\"session_id\":\"\(id)\"}")
            #expect(query.status == 200)
            #expect(query.code == 1)
            #expect(query.data == "")
            #expect(query.msg == "session \(id) not found")
            let kill = try await server.kill(id)
            #expect(kill.status == 200)
            #expect(kill.text == "{\"code\":0,\"data\":\"\",\"msg\":\"session \(id) not found\"}")
        }
    }

    @Test func `a malformed body of query or kill is 400`() async throws {
        // contract §5 case 44, §1.7, §1.8
        let server = try await ScriptServer()
        for path in ["/async/query", "/async/kill"] {
            for body in [
                "5", "[]", "{\"session_id\":5}", "{", "{\"session_id\":", "abc", "{\"session_id\":\"x\",}", "\"x\"",
            ] {
                let answer = try await server.post(path, body)
                #expect(answer.status == 400, "\(path) \(body)")
                #expect(answer.code == 1, "\(path) \(body)")
                #expect(answer.data == "", "\(path) \(body)")
            }
            let wrong = try await server.post(path, "{\"session_id\":5}")
            #expect(wrong.msg == "json: cannot unmarshal number into Go struct field .session_id of type string")
            #expect(try await server.post(path, "{\"session_id\":").msg == "unexpected EOF")
        }
        for (body, msg) in [
            ("", "EOF"), ("{}", "session_id required"), (#"{"session_id":null}"#, "session_id required"),
        ] {
            let answer = try await server.post("/async/kill", body)
            #expect(answer.status == 400, "\(body)")
            #expect(answer.msg == msg, "\(body)")
        }
    }

    @Test func `case of the key, other keys and what follows do not matter`() async throws {
        // contract §1.7
        let server = try await ScriptServer()
        let id = try await server.start("f-args")
        _ = try await server.done(id)
        for body in [
            "{\"SESSION_ID\":\"\(id)\"}", "{\"Session_Id\":\"\(id)\",\"more\":[1]}", "{\"session_id\":\"\(id)\"} junk",
        ] {
            #expect(try await server.query(body).data[0]["id"].string == id, "\(body)")
            #expect(try await server.post("/async/kill", body).text == #"{"code":0,"data":"","msg":""}"#, "\(body)")
        }
    }
}
