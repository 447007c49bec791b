import AsyncHTTPClient
import Foundation
import MartletCore
import NIOCore
import NIOHTTP1
import Testing

/// What people and programs see of a playbook while it runs.
@Suite struct PlaybookStructureTests {
    /// Three quick tasks with a breath between them.
    private static let steps = PlaybookSite.play(
        (1...3).map { "- name: step \($0)\n  ansible.builtin.command: sleep 0.5" }.joined(separator: "\n"))

    private struct Seen {
        let type: String
        let value: JSONValue
        let late: Double?
    }

    /// Events as they arrive, with milliseconds since they were written.
    private func follow(_ server: PlaybookServer, _ id: String, after: String = "0") async throws -> [Seen] {
        var request = HTTPClientRequest(url: server.server.url + "/api/runs/\(id)/playbook/events?after=\(after)")
        request.headers.add(name: "Authorization", value: "Bearer \(server.server.token)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(600))
        var rest = ""
        var seen: [Seen] = []
        for try await buffer in response.body {
            let now = Date()
            rest += String(buffer: buffer)
            while let end = rest.range(of: "\n\n") {
                let lines = rest[..<end.lowerBound].split(separator: "\n")
                rest = String(rest[end.upperBound...])
                guard let type = lines.first(where: { $0.hasPrefix("event: ") })?.dropFirst(7),
                    let data = lines.first(where: { $0.hasPrefix("data: ") })?.dropFirst(6)
                else { continue }
                let value = try JSONParser.parse(Array(data.utf8))
                let told = value["time"].string.flatMap { Timestamp.date($0) }
                seen.append(Seen(type: String(type), value: value, late: told.map { now.timeIntervalSince($0) * 1000 }))
            }
        }
        return seen
    }

    @Test func `events are seen as they happen, each once, to the end`() async throws {
        let site = try PlaybookSite(Self.steps)
        let server = try await site.server()
        let id = try await server.start()
        let seen = try await follow(server, id)
        #expect(seen.map(\.type).filter { $0 == "task" }.count == 3)
        #expect(seen.map(\.type).filter { $0 == "host" }.count == 6)
        #expect(seen.first?.type == "begin" && seen.last?.type == "end")
        #expect(seen.last?.value["state"] == "succeeded")
        // issue 7: 200 ms. The best of six, and of more runs, because a busy machine only ever adds.
        var late = seen.filter { $0.type == "host" }.compactMap(\.late)
        for _ in 0..<5 where late.allSatisfy({ $0 >= 200 }) {
            late += try await follow(server, try await server.start()).filter { $0.type == "host" }.compactMap(\.late)
        }
        #expect(late.contains { $0 < 200 }, "\(late)")
        // Whoever comes back goes on where it was.
        let events = try await server.events(id)
        let middle = try #require(events[4]["id"].string)
        #expect(try await follow(server, id, after: middle).count == events.count - 5 + 1)
        let list = try await server.server.call(.GET, "/api/runs/\(id)/playbook/events?follow=false&limit=2").json
        #expect(list["items"].array?.count == 2 && list["end"] == false)
    }

    @Test func `pages of tasks, and calls that are not right`() async throws {
        let site = try PlaybookSite(Self.steps)
        let server = try await site.server()
        let id = try #require(try await server.run()["id"].string)
        let page = try await server.server.call(.GET, "/api/runs/\(id)/playbook?limit=2").json
        #expect(page["tasks"].array?.compactMap { $0["name"].string } == ["step 1", "step 2"] && page["next"] == 2)
        let rest = try await server.server.call(.GET, "/api/runs/\(id)/playbook?limit=2&after=2").json
        #expect(rest["tasks"].array?.compactMap { $0["name"].string } == ["step 3"] && rest["next"] == .null)
        for query in [
            "?limit=0", "?after=-1", "?attempt=0", "?x=1", "/events?after=x", "/events?follow=maybe", "/events?limit=3",
        ] {
            #expect(try await server.server.call(.GET, "/api/runs/\(id)/playbook\(query)").status == 400, "\(query)")
        }
        let other = try await server.server.submit(["command": ["true"]])
        #expect(try await server.server.call(.GET, "/api/runs/\(other)/playbook").status == 404)
        #expect(try await server.server.call(.GET, "/api/runs/\(other)/playbook/events").status == 404)
    }

    @Test func `a run is shown to whoever may read it`() async throws {
        let site = try PlaybookSite(Self.steps)
        let server = try await site.server()
        let id = try await server.start(PlaybookServer.spec(action: "stop"), ["labels": ["team": "db"]])
        func status(_ path: String, _ token: String) async throws -> Int {
            try await server.server.call(.GET, path, headers: ["Authorization": "Bearer \(token)"]).status
        }
        func token(_ labels: JSONValue) async throws -> String {
            let body: JSONValue = ["name": .string(UUID().uuidString), "role": "read", "labels": labels]
            return try await server.server.call(.POST, "/api/tokens", body: body).json["token"].string ?? ""
        }
        _ = try await server.server.ended(id)
        let (own, foreign) = (try await token(["team": "db"]), try await token(["team": "web"]))
        for path in ["/api/runs/\(id)/playbook", "/api/runs/\(id)/playbook/events?follow=false"] {
            #expect(try await status(path, own) == 200)
            #expect(try await status(path, foreign) == 404)
            #expect(try await status(path, "nobody") == 401)
        }
    }

    @Test func `the command shows the hosts, and follows the events`() async throws {
        let site = try PlaybookSite(
            PlaybookSite.play("- name: break\n  ansible.builtin.command: /bin/false\n  when: host_name == 'easy2'"))
        let server = try await site.server()
        let id = try await server.start()
        func command(_ arguments: [String]) async throws -> String {
            let name = "cli-\(UUID().uuidString)"
            let child = try Child(
                [Server.binaries + "/martlet", "playbook", id, "--data-dir", server.server.data] + arguments,
                environment: Server.environment, directory: site.scratch.url, name: name)
            #expect(try await child.ended() == 0)
            return site.read("\(name).out") ?? ""
        }
        let followed = try await command(["--follow"])
        #expect(followed.contains("PLAY the play") && followed.contains("failed  127.0.0.2"), "\(followed)")
        #expect(followed.contains("skipped  127.0.0.1") && followed.contains("HOST"), "\(followed)")
        let shown = try await command([])
        #expect(shown.contains("127.0.0.2 failed at “break”"), "\(shown)")
        let json = try await command(["--json"])
        #expect(try JSONParser.parse(Array(json.utf8))["failedHosts"] == ["127.0.0.2"])
        let lines = try await command(["--follow", "--json"]).split(separator: "\n")
        #expect(lines.count > 4 && lines.allSatisfy { (try? JSONParser.parse(Array($0.utf8))) != nil })
    }
}
