import Foundation
import MartletCore
import NIOHTTP1
import Testing

/// Schedules on the real binary.
@Suite struct ScheduleTests {
    private func fires(_ server: Server, _ name: String, _ query: String = "") async throws -> [JSONValue] {
        try await server.call(.GET, "/api/schedules/\(name)/fires\(query)").json["items"].array ?? []
    }

    @Test func `a schedule starts its work each second, and tells it for which time`() async throws {
        let server = try await Server(try Scratch())
        let made = try await server.call(
            .PUT, "/api/schedules/probe",
            body: [
                "command": ["sh", "-c", "echo \"$MARTLET_SCHEDULE $MARTLET_DUE\""], "every": "1s",
            ])
        #expect(made.status == 201, "\(made.text)")
        let done = try await eventually("two times have succeeded") {
            let done = try await fires(server, "probe", "?outcome=succeeded")
            return done.count >= 2 ? done : nil
        }
        for fire in done {
            let due = try #require(fire["due"].string)
            let run = try #require(fire["run"].string)
            #expect(try await server.log(run) == "probe \(due.prefix(19))Z\n")
            #expect(fire["kind"] == "due" && fire["count"] == 1)
        }
        #expect(Set(done.compactMap { $0["due"].string }).count == done.count, "no time is started twice")
        #expect(try await server.call(.POST, "/api/schedules/probe/pause").json["state"] == "paused")
    }

    @Test func `the token of a ping's address is in no file and in no log`() async throws {
        let scratch = try Scratch()
        let log = scratch.path("martlet.log")
        let server = try await Server(
            scratch, environment: ["MARTLET_LOG_FILE": log, "MARTLET_LOG_LEVEL": "trace"])
        let watch: JSONValue = ["watch": true, "cron": "0 4 * * *", "labels": ["check": "tape"]]
        #expect(try await server.call(.PUT, "/api/schedules/tape", body: watch).status == 201)
        let wish: JSONValue = ["name": "tape", "role": "run", "labels": ["check": "tape"]]
        let token = try #require(try await server.call(.POST, "/api/tokens", body: wish).json["token"].string)
        let none = ["Authorization": ""]
        for path in ["/ping/tape/start", "/ping/tape/7", "/ping/tape"] {
            let reply = try await server.call(.GET, "\(path)?token=\(token)", headers: none)
            #expect(reply.status == 200 && reply.text == "ok\n", "\(path): \(reply.text)")
            #expect(reply.headers.first(name: "Content-Type") == "text/plain; charset=utf-8")
        }
        for path in ["/ping/other", "/ping/tape/nonsense", "/ping", "/ping/", "/api/schedules"] {
            let reply = try await server.call(.GET, "\(path)?token=\(token)", headers: none)
            #expect(!reply.text.contains(token), "\(path)")
        }
        let told = try await fires(server, "tape")
        #expect(told.map { $0["outcome"].string } == ["succeeded", "failed"], "\(told)")
        #expect(told.last?["note"] == "exit code 7" && told.last?["startedAt"].string != nil)
        try await server.stop()
        let files = FileManager.default.enumerator(atPath: scratch.url.path)?.compactMap { $0 as? String } ?? []
        #expect(files.contains("martlet.log"))
        for file in files {
            guard let data = FileManager.default.contents(atPath: scratch.path(file)) else { continue }
            #expect(data.range(of: Data(token.utf8)) == nil, "\(file)")
        }
    }

    @Test func `calendars of one's own are read again, and times ahead follow them`() async throws {
        let scratch = try Scratch()
        let folder = scratch.url.appending(path: "calendars")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let year = Calendar(identifier: .gregorian).component(.year, from: Date()) + 1
        func write(_ kind: String) throws {
            let text = #"{"name":"tea","zone":"UTC","years":{"\#(year)":{"\#(kind)":["01-01"]}}}"#
            try Data(text.utf8).write(to: folder.appending(path: "tea.json"))
        }
        try write("holidays")
        let server = try await Server(scratch, environment: ["MARTLET_SCHEDULES_CALENDARS": folder.path])
        let body: JSONValue = [
            "watch": true, "cron": "0 9 1 1 *", "zone": "UTC", "calendar": "tea:holidays",
        ]
        let made = try await server.call(.PUT, "/api/schedules/tea", body: body)
        #expect(made.json["nextDue"].string == "\(year)-01-01T09:00:00.000Z", "\(made.text)")
        #expect(
            made.json["warnings"].array?.first?.string?.contains("the calendar tea has no list for \(year - 1)") == true
        )
        try write("workdays")
        server.child.signal(SIGHUP)
        try await eventually("the calendar is the new one") {
            let next = try await server.call(.GET, "/api/schedules/tea/next?count=1").json["items"][0]["at"].string
            let stored = try await server.call(.GET, "/api/schedules/tea").json["nextDue"].string
            return next == stored && stored != "\(year)-01-01T09:00:00.000Z" ? true : nil
        }
    }
}
