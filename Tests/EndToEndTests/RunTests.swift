import Foundation
import MartletCore
import Testing

/// What a user does first, against the real binary.
@Suite struct RunTests {
    @Test func `the first start shows a call that works, and the next one is quiet`() async throws {
        let scratch = try Scratch()
        let first = try await Server(scratch)
        let line = try await eventually("the example") {
            try String(contentsOf: first.child.output, encoding: .utf8).split(separator: "\n").first {
                $0.hasPrefix("try: curl ")
            }
        }
        let call = try Child(
            ["/bin/sh", "-c", "\(line.dropFirst("try: ".count)) -sS"], environment: Server.environment,
            directory: scratch.url, name: "call")
        #expect(try await call.ended() == 0)
        #expect(try String(contentsOf: call.output, encoding: .utf8).contains(#""items":[]"#))
        try await first.stop()
        let second = try await Server(scratch)
        _ = try await second.submit(["command": ["true"]])
        #expect(try !String(contentsOf: second.child.output, encoding: .utf8).contains("try:"))
    }

    @Test func `an inline run is durable, logged and tells its end`() async throws {
        let server = try await Server(Scratch())
        let id = try await server.submit([
            "command": ["sh", "-c", "echo out; echo err >&2; exit 3"], "labels": ["team": "db"], "group": "nightly",
        ])
        let run = try await server.ended(id)
        #expect(run["state"].string == "failed")
        #expect(run["outcome"].string == "exit")
        #expect(run["exitCode"] == 3)
        #expect(run["group"].string == "nightly")
        #expect(run["labels"]["team"].string == "db")
        #expect(run["reason"]["en"].string?.contains("code 3") == true)
        #expect(run["reason"]["zh"].string?.contains("3") == true)
        #expect(try await server.log(id, "?stream=stdout") == "out\n")
        #expect(try await server.log(id, "?stream=stderr") == "err\n")
    }

    @Test func `progress, results, warnings and checkpoints need no library`() async throws {
        let server = try await Server(Scratch())
        let script = """
            echo '{"progress":0.5,"message":"half"}' >> "$MARTLET_PROGRESS"
            echo '{"result":{"rows":42},"warning":"slow disk"}' >> "$MARTLET_PROGRESS"
            """
        let run = try await server.ended(try await server.submit(["command": ["sh", "-c", .string(script)]]))
        #expect(run["results"]["rows"] == 42)
        #expect(run["progress"] == .double(0.5))
        #expect(run["outcome"].string == "warning")
    }

    @Test func `a retry goes on from the checkpoint of the attempt before`() async throws {
        let server = try await Server(Scratch())
        let script = """
            if [ -s "$MARTLET_CHECKPOINT" ]; then echo "resumed at $(cat "$MARTLET_CHECKPOINT")"; exit 0; fi
            echo 17 > "$MARTLET_CHECKPOINT.new" && mv "$MARTLET_CHECKPOINT.new" "$MARTLET_CHECKPOINT"; exit 1
            """
        let id = try await server.submit([
            "command": ["sh", "-c", .string(script)], "retry": ["limit": 1, "delay": "10ms"],
        ])
        let run = try await server.ended(id)
        #expect(run["state"].string == "succeeded")
        #expect(run["attempt"] == 2)
        #expect(try await server.log(id).contains("resumed at 17"))
    }

    @Test func `a secret reaches the task and nobody else`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let canary = "canary-\(UUID().uuidString)"
        let id = try await server.submit([
            "command": ["sh", "-c", "echo \"token=$TOKEN\"; printf %s \"$TOKEN\" | base64"],
            "secrets": ["TOKEN": .string(canary)],
        ])
        let run = try await server.ended(id)
        #expect(run["state"].string == "succeeded")
        let log = try await server.log(id)
        #expect(log.hasPrefix("token=•••\n"))
        let encoded = Data(canary.utf8).base64EncodedString()
        for text in [
            log, try await server.call(.GET, "/api/runs/\(id)").text,
            try await server.call(.GET, "/api/runs/\(id)/events").text,
        ] {
            #expect(!text.contains(canary))
        }
        #expect(log == "token=•••\n•••\n", "no part of \(encoded) is left")
        let files = FileManager.default.enumerator(atPath: server.data)
        var looked = 0
        while let file = files?.nextObject() as? String {
            guard let bytes = FileManager.default.contents(atPath: server.data + "/" + file) else { continue }
            looked += 1
            #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(file)")
        }
        #expect(looked > 3)
    }

    @Test func `pause keeps the place and resume goes on`() async throws {
        let server = try await Server(Scratch())
        let id = try await server.submit([
            "tasks": [
                ["name": "one", "command": ["echo", "one"]],
                [
                    "name": "two",
                    "command": ["sh", "-c", "if [ \"$MARTLET_ATTEMPT\" = 1 ]; then sleep 600; fi; echo two"],
                ],
            ]
        ])
        _ = try await eventually("task two runs") {
            try await server.run(id)["reason"]["en"].string?.contains("two") == true ? true : nil
        }
        #expect(try await server.call(.POST, "/api/runs/\(id)/pause").status < 300)
        _ = try await server.reaches(.paused, id)
        #expect(try await server.call(.POST, "/api/runs/\(id)/resume").status < 300)
        #expect(try await server.ended(id)["state"].string == "succeeded")
        let log = try await server.log(id)
        #expect(log == "one\ntwo\n")
    }

    @Test func `a key admits one live run, and the refusal names it`() async throws {
        let server = try await Server(Scratch())
        let first = try await server.submit(["command": ["sleep", "600"], "key": "only-one"])
        let second = try await server.call(.POST, "/api/runs", body: ["command": ["true"], "key": "only-one"])
        #expect(second.status == 409)
        #expect(second.text.contains(first))
        _ = try await server.call(.POST, "/api/runs/\(first)/stop")
        _ = try await server.ended(first)
        _ = try await server.submit(["command": ["true"], "key": "only-one"])
    }

    @Test func `a waiting run says why`() async throws {
        let server = try await Server(Scratch(), environment: ["MARTLET_LIMITS_RUNS": "1"])
        let first = try await server.submit(["command": ["sleep", "600"]])
        _ = try await server.reaches(.running, first)
        let second = try await server.submit(["command": ["true"]])
        let waiting = try await server.run(second)
        #expect(waiting["state"].string == "pending")
        #expect(waiting["reason"]["code"].string == "globalLimit")
        _ = try await server.call(.POST, "/api/runs/\(first)/stop")
        #expect(try await server.ended(second)["state"].string == "succeeded")
    }

    @Test func `follow sends every line of a live run and ends with it`() async throws {
        let server = try await Server(Scratch())
        let id = try await server.submit(["command": ["sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done"]])
        #expect(try await server.log(id, "?follow=true") == "1\n2\n3\n4\n5\n")
    }
}
