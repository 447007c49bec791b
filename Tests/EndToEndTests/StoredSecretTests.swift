import Foundation
import MartletCore
import Testing

/// Stored secrets in jobs, against the real binary.
@Suite struct StoredSecretTests {
    private func put(_ server: Server, _ name: String, _ value: String) async throws {
        let reply = try await server.call(.PUT, "/api/secrets/\(name)", body: ["value": .string(value)])
        #expect(reply.status < 300, "\(reply.text)")
    }

    @Test func `a task's own secret is hidden in the log of the task that does not have it`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        try await put(server, "own", "correct-horse")
        let file = JSONValue.string(scratch.path("passed-on"))
        let id = try await server.submit([
            "tasks": [
                [
                    "name": "one", "command": ["sh", "-c", "echo $OWN | tee \"$1\"", "one", file],
                    "secrets": ["OWN": "own"],
                ],
                ["name": "two", "command": ["sh", "-c", "echo \"[$OWN]\"; cat \"$1\"", "two", file]],
            ]
        ])
        #expect(try await server.ended(id)["secrets"] == ["one/OWN"])
        #expect(try await server.log(id) == "•••\n[]\n•••\n")
    }

    @Test func `a definition shows names, is taken back as it is, and starts after a restart`() async throws {
        let scratch = try Scratch()
        var server = try await Server(scratch)
        try await put(server, "prod-db", "correct-horse")
        let job: JSONValue = [
            "secrets": ["PGPASSWORD": "prod-db"],
            "tasks": [
                ["name": "main", "command": ["sh", "-c", "echo ${#PGPASSWORD}"], "secrets": ["OTHER": "prod-db"]]
            ],
        ]
        let stored = try await server.call(.PUT, "/api/jobs/dump", body: job).json["definition"]
        #expect(stored["secrets"] == job["secrets"])
        #expect(stored["tasks"][0]["secrets"] == job["tasks"][0]["secrets"])
        #expect(try await server.call(.PUT, "/api/jobs/dump", body: stored).json["version"] == 1)
        server.child.signal(SIGKILL)
        _ = try await server.child.ended()
        server = try await Server(scratch, data: server.data)
        let id = try await server.submit(["job": "dump"])
        #expect(try await server.ended(id)["state"].string == "succeeded")
        #expect(try await server.log(id) == "13\n")
    }

    @Test func `who may start a job uses its secrets and cannot read them`() async throws {
        let server = try await Server(Scratch())
        try await put(server, "prod-db", "correct-horse")
        _ = try await server.call(
            .PUT, "/api/jobs/dump",
            body: ["secrets": ["PASS": "prod-db"], "command": ["sh", "-c", "echo $PASS ${#PASS}"]])
        let made = try await server.call(.POST, "/api/tokens", body: ["name": "ci", "role": "run"])
        let headers = ["Authorization": "Bearer \(made.json["token"].string ?? "")"]
        let started = try await server.call(.POST, "/api/runs", body: ["job": "dump"], headers: headers)
        let id = try #require(started.json["id"].string, "\(started.text)")
        #expect(try await server.ended(id)["state"] == "succeeded")
        #expect(try await server.log(id) == "••• 13\n")
        for path in ["/api/secrets", "/api/secrets/prod-db", "/api/secrets/prod-db/value"] {
            #expect(try await server.call(.GET, path, headers: headers).status == 403)
        }
        let own = try await server.call(
            .POST, "/api/runs", body: ["job": "dump", "secrets": ["PASS": "my own value"]], headers: headers)
        #expect(own.status == 400)
    }
}
