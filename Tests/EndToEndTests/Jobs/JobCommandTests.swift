import Foundation
import MartletCore
import Testing

/// `martlet job`, against the real server.
@Suite struct JobCommandTests {
    private struct Output { let status: Int32, out: String, error: String }

    private func martlet(_ nomad: JobServer, _ words: String..., input: String? = nil) async throws -> Output {
        let name = "martlet-\(UUID().uuidString.prefix(8))"
        let script = "exec \(Server.binaries)/martlet \"$@\" 2>\(nomad.scratch.path(name))"
        let file = nomad.scratch.path(name + ".in")
        try (input ?? "").write(toFile: file, atomically: true, encoding: .utf8)
        let child = try Child(
            ["/bin/sh", "-c", "\(script) <\(file)", "sh"] + words,
            environment: Server.environment.merging(["MARTLET_DATA_DIR": nomad.server.data]) { $1 },
            directory: nomad.scratch.url, name: name)
        let status = try await child.ended()
        return Output(
            status: status, out: (try? String(contentsOf: child.output, encoding: .utf8)) ?? "",
            error: (try? String(contentsOfFile: nomad.scratch.path(name), encoding: .utf8)) ?? "")
    }

    private static func hcl(_ id: String, _ script: String, type: String = "batch") -> String {
        """
        job "\(id)" {
          type = "\(type)"
          datacenters = ["dc1"]
          group "g" {
            update { min_healthy_time = "100ms" }
            restart { attempts = 0 }
            reschedule { attempts = 0 unlimited = false }
            task "t" {
              driver = "raw_exec"
              config { command = "/bin/sh" args = ["-c", "\(script)"] }
            }
          }
        }
        """
    }

    @Test func `passwords are printed to who may read secrets`() async throws {
        let nomad = try await JobServer()
        let config = #"ConnectionConfig { Host = "192.0.2.1" Port = 3306 User = "u" Password = "s3cret-pw" }"#
        let text = Self.hcl("copy", "", type: "service").replacing("raw_exec", with: "dtle").replacing(
            #"command = "/bin/sh" args = ["-c", ""]"#, with: config)
        #expect(try await martlet(nomad, "job", "run", "--detach", "-", input: text).status == 0)
        let table = try await martlet(nomad, "job", "passwords", "copy")
        #expect(table.status == 0 && table.out.contains("s3cret-pw"), "\(table)")
        let json = try await martlet(nomad, "job", "passwords", "copy", "--json")
        #expect(
            try JSONParser.parse(Array(json.out.utf8)) == ["g/t/ConnectionConfig/0/Password": "s3cret-pw"], "\(json)")
        let status = try await martlet(nomad, "job", "status", "copy", "--json")
        #expect(status.status == 0 && !status.out.contains("s3cret-pw"), "\(status)")
        try await nomad.clear(["copy"])
    }

    @Test func `a batch is followed to its end, and the exit code tells it`() async throws {
        let nomad = try await JobServer()
        let good = try await martlet(
            nomad, "job", "run", "-",
            input: Self.hcl("a/good", "echo out; echo bad >&2").replacing(
                "update { min_healthy_time = \"100ms\" }", with: ""))
        #expect(good.status == 0 && good.out == "a/good\n", "\(good)")
        #expect(good.error.contains("complete") && good.error.contains("the job has ended well"), "\(good.error)")
        #expect(try await martlet(nomad, "job", "logs", "a/good").out == "out\n")
        #expect(try await martlet(nomad, "job", "logs", "a/good", "--json").out == #"{"line":"out"}"# + "\n")
        #expect(try await martlet(nomad, "job", "logs", "--stderr", "--task", "t", "a/good").out == "bad\n")
        let wrong = try await martlet(nomad, "job", "logs", "--task", "x", "a/good")
        #expect(wrong.status == 1 && wrong.error.contains("--task: must be one of t"), "\(wrong.error)")
        let status = try await martlet(nomad, "job", "status", "a/good")
        #expect(
            status.status == 0 && status.out.contains("g/t") && status.out.contains("Exit Code: 0"), "\(status.out)")
        let list = try await martlet(nomad, "job", "status")
        #expect(list.out.contains("a/good") && list.out.contains("1 complete"), "\(list.out)")

        let file = nomad.scratch.path("bad.json")
        let job = JobServer.job(
            "bad", "exit 3",
            group: [
                "RestartPolicy": ["Attempts": 0, "Interval": 1_000_000_000_000, "Mode": "fail"],
                "ReschedulePolicy": ["Attempts": 0, "Unlimited": false],
            ])
        try Data(job.text.utf8).write(to: URL(filePath: file))
        let bad = try await martlet(nomad, "job", "run", "--json", file)
        #expect(bad.status == 1, "\(bad)")
        let told = try JSONParser.parse(Array(bad.out.utf8))
        #expect(told["id"] == "bad" && told["allocations"][0]["status"] == "failed", "\(bad.out)")
    }

    @Test func `a service is followed until it is up, paused, resumed and stopped`() async throws {
        let nomad = try await JobServer()
        let up = try await martlet(nomad, "job", "run", "-", input: Self.hcl("web", "sleep 600", type: "service"))
        #expect(up.status == 0 && up.error.contains("the job is up"), "\(up)")
        #expect(try await martlet(nomad, "job", "pause", "web").out == "paused web\n")
        #expect(try await martlet(nomad, "job", "status", "web").out.contains("status     paused"))
        #expect(try await martlet(nomad, "job", "resume", "web").out == "resumed web\n")
        let stop = try await martlet(nomad, "job", "stop", "--purge", "web")
        #expect(stop.status == 0 && stop.out == "stopping web\n", "\(stop)")
        let gone = try await martlet(nomad, "job", "status", "web")
        #expect(gone.status == 1 && gone.error.contains("there is no job web of the job API"), "\(gone)")
    }

    @Test func `what has no place, and what is wrong, is told at once`() async throws {
        let nomad = try await JobServer()
        let replication = Self.hcl("repl", "", type: "service").replacing(
            "driver = \"raw_exec\"", with: "driver = \"docker\"")
        let waits = try await martlet(nomad, "job", "run", "-", input: replication)
        #expect(waits.status == 2 && waits.error.contains("the job waits: group g: missing drivers"), "\(waits)")
        let empty = try await martlet(
            nomad, "job", "run", "-",
            input: Self.hcl("empty", "exit 0").replacing(
                "update { min_healthy_time = \"100ms\" }", with: "count = 0"))
        #expect(empty.status == 2 && empty.error.contains("nothing of the job was placed"), "\(empty)")
        let detached = try await martlet(nomad, "job", "run", "--detach", "-", input: replication)
        #expect(detached.status == 0 && detached.out == "repl\n", "\(detached)")
        let broken = try await martlet(nomad, "job", "run", "-", input: "job \"x\" {")
        #expect(broken.status == 1 && broken.error.contains("hcl: "), "\(broken)")
        let none = try await martlet(nomad, "job", "run", nomad.scratch.path("none.hcl"))
        #expect(none.status == 1 && none.error.contains("cannot be read"), "\(none)")
    }
}

extension JSONValue {
    /// As a file has it.
    fileprivate var text: String {
        (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
