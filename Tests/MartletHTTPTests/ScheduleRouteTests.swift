import Foundation
import MartletCore
import MartletEngine
import NIOHTTP1
import Testing

@testable import MartletHTTP

@Suite struct ScheduleRouteTests {
    private static let nightly = #"{"name":"nightly","job":"hello","cron":"0 3 * * *","zone":"Asia/Shanghai"}"#

    private func api() async throws -> LiveAPI {
        let api = try await LiveAPI()
        let job = #"{"command":["true"],"labels":{"team":"db"}}"#
        #expect(try await api.call("PUT", "/api/jobs/hello", body: job).status == 201)
        return api
    }

    @Test func `a schedule is made once, shown, changed and deleted`() async throws {
        let api = try await api()
        let made = try await api.call("POST", "/api/schedules", body: Self.nightly)
        #expect(made.status == 201 && made.headers.first(name: "Location") == "/api/schedules/nightly")
        #expect(made.headers.first(name: "ETag") == "\"1\"")
        #expect(try await api.call("POST", "/api/schedules", body: Self.nightly).status == 409)
        let path = "/api/schedules/nightly"
        let shown = try await api.call("GET", path).json
        #expect(shown["definition"] == (try JSONParser.parse(Array(Self.nightly.utf8))))
        #expect(shown["state"] == "active" && shown["zone"] == "Asia/Shanghai" && shown["version"] == 1)
        #expect(shown["lastFire"] == .null && shown["warnings"] == [] && shown["source"] == "api")
        let due = try #require(shown["nextDue"].string)
        #expect(due.hasSuffix("T19:00:00.000Z"), "3 in Shanghai is 19 UTC: \(due)")
        // Another's change is not overwritten.
        let changed = #"{"job":"hello","every":"90m"}"#
        #expect(try await api.call("PUT", path, body: changed, headers: ["If-Match": "\"2\""]).status == 412)
        #expect(try await api.call("PUT", path, body: changed, headers: ["If-None-Match": "*"]).status == 412)
        let put = try await api.call("PUT", path, body: changed, headers: ["If-Match": "\"1\""])
        #expect(put.status == 200 && put.headers.first(name: "ETag") == "\"2\"")
        #expect(put.json["definition"]["every"] == "1h30m" && put.json["definition"]["cron"] == .null)
        #expect(try await api.call("DELETE", path, headers: ["If-Match": "\"1\""]).status == 412)
        #expect(try await api.call("DELETE", path).status == 204)
        #expect(try await api.call("GET", path).status == 404)
        #expect(try await api.call("DELETE", path).status == 404)
    }

    @Test func `a patch changes what it names`() async throws {
        let api = try await api()
        #expect(try await api.call("POST", "/api/schedules", body: Self.nightly).status == 201)
        let path = "/api/schedules/nightly"
        let first = try await api.call("PATCH", path, body: #"{"overlap":"queue","labels":{"a":"b"}}"#)
        #expect(first.json["version"] == 2 && first.json["definition"]["cron"] == "0 3 * * *")
        #expect(first.json["definition"]["overlap"] == "queue" && first.json["definition"]["labels"] == ["a": "b"])
        let merge = ["Content-Type": "application/merge-patch+json"]
        let second = try await api.call(
            "PATCH", path, body: #"{"cron":null,"every":"5m","labels":{"a":null},"overlap":null}"#, headers: merge)
        #expect(second.json["definition"]["every"] == "5m" && second.json["definition"].object?.count == 4)
        #expect(try await api.call("PATCH", path, body: "{}").json["version"] == 3, "nothing changes")
        #expect(try await api.call("PATCH", path, body: "{}", headers: ["If-Match": "\"1\""]).status == 412)
        #expect(try await api.call("PATCH", path, body: "{}", headers: ["Content-Type": "text/plain"]).status == 415)
        for (body, field) in [
            (#"{"cron":"0 4 * * *"}"#, "cron"), (#"{"job":null}"#, "job"), (#"{"name":"other"}"#, "name"), ("[]", ""),
        ] {
            let reply = try await api.call("PATCH", path, body: body)
            #expect(reply.status == 400 && reply.json["errors"][0]["field"].string == field, "\(body): \(reply.text)")
        }
        #expect(try await api.call("PATCH", "/api/schedules/none", body: "{}").status == 404)
    }

    @Test(
        arguments: [
            #"{"job":"hello","cron":"H H * * 1-5","zone":"UTC","missed":"all","window":"1d","overlap":"replace","dst":"all","#
                + #""calendar":"cn:workdays","paused":true,"labels":{"team":"db"},"grace":"1h","description":"d"}"#,
            #"{"command":["sh","-c","exit 3"],"every":"1m","zone":"UTC","timeout":"10s","grace":"5m","labels":{"a":"b"},"#
                + #""notify":[{"channel":"ops","on":["failed","overdue"]}]}"#,
            #"{"tasks":[{"name":"a","command":["true"],"grace":"1s"},{"name":"b","command":["true"],"when":"always"}],"#
                + #""params":{"x":{"default":"1"}},"at":"2099-01-01T00:00:00.000Z","zone":"Asia/Shanghai","retries":2}"#,
            #"{"watch":true,"cron":"TZ=Europe/Berlin 0 4 * * *","zone":"UTC","grace":"2h"}"#,
        ])
    func `the definition that is shown is one that can be put`(_ document: String) async throws {
        let api = try await api()
        let first = try await api.call("PUT", "/api/schedules/one", body: document)
        #expect(first.status == 201, "\(first.text)")
        var definition = try #require(first.json["definition"].object)
        definition["name"] = nil
        let text = String(decoding: try JSONEncoder().encode(definition), as: UTF8.self)
        let second = try await api.call("PUT", "/api/schedules/two", body: text)
        #expect(second.status == 201, "\(second.text)")
        let stored = try await (
            api.control.schedule("one", rights: .all).schedule, api.control.schedule("two", rights: .all).schedule
        )
        var twin = stored.1
        twin.name = "one"
        #expect(stored.0 == twin)
        // What is the schedule's is not the task's.
        if case .inline(let job) = stored.0.work, job.tasks.count == 1 { #expect(job.tasks[0].grace == nil) }
    }

    @Test(
        arguments: [
            (#"{"name":"x","job":"hello"}"#, "cron"), (#"{"name":"x","cron":"0 3 * * *"}"#, "job"),
            (#"{"name":"x","job":"hello","cron":"75 3 * * *"}"#, "cron"),
            (#"{"name":"x","job":"hello","cron":"0 0 30 2 *"}"#, "cron"),
            (#"{"name":"x","job":"hello","cron":"0 3 * * *","every":"1h"}"#, "cron"),
            (#"{"name":"x","job":"hello","every":"10ms"}"#, "every"),
            (#"{"name":"x","job":"hello","every":[]}"#, "every"),
            (#"{"name":"x","job":"hello","at":"2001-01-01T00:00:00Z"}"#, "at"),
            (#"{"name":"x","job":"hello","at":"tomorrow"}"#, "at"),
            (#"{"name":"x","job":"hello","every":"1h","zone":"Mars/Base"}"#, "zone"),
            (#"{"name":"x","job":"hello","every":"1h","calendar":"tea:workdays"}"#, "calendar"),
            (#"{"name":"x","job":"hello","every":"1h","overlap":"maybe"}"#, "overlap"),
            (#"{"name":"x","job":"hello","every":"1h","missed":"none"}"#, "missed"),
            (#"{"name":"x","job":"hello","every":"1h","dst":"never"}"#, "dst"),
            (#"{"name":"x","job":"hello","every":"1h","surprise":1}"#, "surprise"),
            (#"{"name":"../x","job":"hello","every":"1h"}"#, "name"), (#"{"job":"hello","every":"1h"}"#, "name"),
            (#"{"name":"x","job":"hello","watch":true,"every":"1h"}"#, "job"),
            (#"{"name":"x","watch":true,"every":"1h","grace":"0s"}"#, "grace"),
            (#"{"name":"x","work":{"tea":{}},"every":"1h"}"#, "work"), (#"[]"#, ""),
        ])
    func `what is wrong is named, and nothing is stored`(_ body: String, _ field: String) async throws {
        let api = try await api()
        let reply = try await api.call("POST", "/api/schedules", body: body)
        let fields = reply.json["errors"].array?.compactMap { $0["field"].string } ?? []
        #expect(reply.status == 400 && fields.contains(field), "\(body): \(reply.text)")
        #expect(try await api.call("GET", "/api/schedules").json["items"] == [])
    }

    @Test func `a job that is not there is told when it is stored, and warned of later`() async throws {
        let api = try await api()
        let gone = try await api.call("PUT", "/api/schedules/x", body: #"{"job":"gone","every":"1h"}"#)
        #expect(gone.status == 404 && gone.json["detail"] == "there is no job named gone")
        #expect(try await api.call("POST", "/api/schedules", body: Self.nightly).status == 201)
        #expect(try await api.call("DELETE", "/api/jobs/hello").status == 204)
        let shown = try await api.call("GET", "/api/schedules/nightly").json
        #expect(shown["warnings"] == ["there is no job named hello"])
        // It can be paused all the same.
        #expect(try await api.call("POST", "/api/schedules/nightly/pause").json["state"] == "paused")
        #expect(try await api.call("POST", "/api/schedules/nightly/resume").status == 404)
    }

    @Test func `a secret parameter has no place in a schedule`() async throws {
        let api = try await api()
        let job = #"{"command":["true"],"params":{"word":{"secret":true},"size":{"type":"integer","default":1}}}"#
        #expect(try await api.call("PUT", "/api/jobs/sealed", body: job).status == 201)
        let body = #"{"job":"sealed","params":{"word":"correct horse","size":2},"every":"1h"}"#
        let reply = try await api.call("PUT", "/api/schedules/x", body: body)
        #expect(reply.status == 400 && reply.json["errors"][0]["field"] == "params.word", "\(reply.text)")
        #expect(!reply.text.contains("horse"))
        let plain = try await api.call(
            "PUT", "/api/schedules/x", body: #"{"job":"sealed","params":{"size":2},"every":"1h"}"#)
        #expect(plain.status == 201, "\(plain.text)")
    }

    @Test func `pausing and resuming`() async throws {
        let api = try await api()
        #expect(try await api.call("POST", "/api/schedules", body: Self.nightly).status == 201)
        let path = "/api/schedules/nightly"
        let paused = try await api.call("POST", path + "/pause").json
        #expect(paused["state"] == "paused" && paused["nextDue"] == .null && paused["pausedAt"].string != nil)
        #expect(paused["definition"]["paused"].string == nil && paused["version"] == 2)
        #expect(try await api.call("POST", path + "/pause", body: "{}").json["version"] == 2)
        #expect(try await api.call("POST", path + "/resume", headers: ["If-Match": "\"1\""]).status == 412)
        #expect(try await api.call("POST", path + "/resume", body: #"{"now":true}"#).status == 400)
        let resumed = try await api.call("POST", path + "/resume").json
        #expect(resumed["state"] == "active" && resumed["pausedAt"] == .null && resumed["nextDue"].string != nil)
        #expect(try await api.call("POST", "/api/schedules/none/pause").status == 404)
    }

    @Test func `schedules are listed page by page`() async throws {
        let api = try await api()
        for name in ["c", "a", "b"] {
            let body = #"{"job":"hello","every":"1h"}"#
            #expect(try await api.call("PUT", "/api/schedules/\(name)", body: body).status == 201)
        }
        let first = try await api.call("GET", "/api/schedules?limit=2").json
        #expect(first["items"].array?.map { $0["name"].string } == ["a", "b"])
        let next = try #require(first["next"].string)
        let second = try await api.call("GET", "/api/schedules?limit=2&cursor=\(next)").json
        #expect(second["items"].array?.map { $0["name"].string } == ["c"] && second["next"] == .null)
        for query in ["limit=0", "cursor=x", "colour=red"] {
            #expect(try await api.call("GET", "/api/schedules?\(query)").status == 400, "\(query)")
        }
    }

    @Test func `a token sees and touches only the schedules of its job`() async throws {
        let api = try await api()
        for job in ["own-a", "foreign"] {
            #expect(try await api.call("PUT", "/api/jobs/\(job)", body: #"{"command":["true"]}"#).status == 201)
            let body = #"{"job":"\#(job)","every":"1h"}"#
            #expect(try await api.call("PUT", "/api/schedules/\(job)", body: body).status == 201)
        }
        let wish = try NewToken(parsing: ["name": "own", "role": "run", "jobs": ["own-*"]])
        let headers = ["Authorization": "Bearer \(try await api.tokens.create(wish, by: .admin).secret.exposed)"]
        let listed = try await api.call("GET", "/api/schedules", headers: headers).json["items"].array ?? []
        #expect(listed.map { $0["name"].string } == ["own-a"])
        for (method, path) in [
            ("GET", ""), ("GET", "/next"), ("GET", "/fires"), ("POST", "/run"), ("POST", "/pause"), ("POST", "/resume"),
            ("DELETE", ""),
        ] {
            let foreign = try await api.call(method, "/api/schedules/foreign\(path)", headers: headers)
            #expect(foreign.status == 404, "\(method) \(path)")
            let none = try await api.call(method, "/api/schedules/none\(path)", headers: headers)
            #expect(
                foreign.json["detail"].string == none.json["detail"].string?.replacing("none", with: "foreign"),
                "nothing tells that it is there")
            let own = try await api.call(method, "/api/schedules/own-a\(path)", headers: headers)
            #expect(own.status < 300, "\(method) \(path): \(own.text)")
        }
        // Neither made for a foreign job, nor taken over, nor with a command of one's own.
        for (name, body, status) in [
            ("mine", #"{"job":"foreign","every":"1h"}"#, 403), ("mine", #"{"command":["true"],"every":"1h"}"#, 403),
            ("foreign", #"{"job":"own-a","every":"1h"}"#, 409), ("mine", #"{"job":"own-a","every":"1h"}"#, 201),
        ] {
            let reply = try await api.call("PUT", "/api/schedules/\(name)", body: body, headers: headers)
            #expect(reply.status == status, "\(name) \(body): \(reply.text)")
        }
        let patch = try await api.call(
            "PATCH", "/api/schedules/mine", body: #"{"job":"foreign"}"#, headers: headers)
        #expect(patch.status == 403)
        // A job that it does not cover is not there for it.
        let preview = #"{"job":"foreign","every":"1h"}"#
        let warned = try await api.call("POST", "/api/schedules/preview", body: preview, headers: headers).json
        #expect(warned["warnings"] == ["there is no job named foreign"])
    }
}
