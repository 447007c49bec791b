import Foundation
import MartletCore
import Testing

/// `martlet doctor` finds what is broken, with and without a server.
@Suite struct DoctorTests {
    private func checks(_ scratch: Scratch, _ data: String, environment: [String: String] = [:]) async throws
        -> [JSONValue]
    {
        let result = try await scratch.martlet("doctor", "--json", "--data-dir", data, environment: environment)
        let checks = result.json["checks"].array ?? []
        #expect(!checks.isEmpty, "\(result.out) \(result.err)")
        #expect((result.code == 1) == checks.contains { $0["state"] == "wrong" })
        return checks
    }

    private func wrong(_ checks: [JSONValue]) -> [String] {
        checks.filter { $0["state"] == "wrong" }.compactMap { $0["check"].string }
    }

    private func found(_ checks: [JSONValue], _ name: String) -> JSONValue {
        checks.first { $0["check"].string == name } ?? .null
    }

    @Test func `a live run has its keeper, with the server and without it`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        let id = try await server.submit(["command": ["sleep", "600"]])
        _ = try await server.reaches(.running, id)
        let with = try await checks(scratch, server.data)
        #expect(wrong(with) == [] && found(with, "runs")["found"].string?.hasPrefix("1 live") == true, "\(with)")
        try await server.stop()
        let without = try await checks(scratch, server.data)
        #expect(wrong(without) == [], "\(without)")
        #expect(found(without, "runs")["found"].string?.contains("adopts") == true, "\(without)")
        #expect(found(without, "server")["state"] == "note")
        let next = try await Server(scratch)
        #expect(try await next.call(.POST, "/api/runs/\(id)/stop").status < 300)
        #expect(try await next.ended(id)["state"] == "cancelled")
    }

    @Test func `a server whose certificate is not trusted is told from none`() async throws {
        let scratch = try Scratch()
        let (chain, key) = (scratch.path("served.crt"), scratch.path("served.key"))
        let openssl = try Child(
            [
                "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days", "2", "-subj", "/CN=martlet", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
                chain,
            ], environment: Server.environment, directory: scratch.url, name: "openssl")
        #expect(try await openssl.ended() == 0)
        let listen = #"[{"address":"127.0.0.1:0","auth":"token","tls":{"certificate":"\#(chain)","key":"\#(key)"}}]"#
        let server = try await Server(scratch, listen: listen)
        let untrusted = found(try await checks(scratch, server.data), "server")
        #expect(untrusted["state"] == "wrong" && untrusted["fix"].string?.contains("--ca FILE") == true, "\(untrusted)")
        #expect(untrusted["found"].string?.contains("certificate") == true)
        let trusted = found(try await checks(scratch, server.data, environment: ["MARTLET_CA": chain]), "server")
        #expect(trusted["state"] == "ok", "\(trusted)")
    }

    @Test func `a keeper without a live run is named with its end, and so is a run without a keeper`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        #expect(try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("empty.tar")).code == 0)
        let id = try await server.submit(["command": ["sleep", "600"]])
        _ = try await server.reaches(.running, id)
        #expect(try await scratch.martlet("backup", "--data-dir", server.data, scratch.path("live.tar")).code == 0)
        try await server.stop()
        // By hand, past the check of restore.
        try FileManager.default.moveItem(atPath: server.data, toPath: server.data + ".before-restore-1")
        #expect(try await scratch.martlet("restore", "--data-dir", server.data, scratch.path("empty.tar")).code == 0)
        let stray = try await checks(scratch, server.data)
        let keeper = try #require(stray.first { $0["state"] == "wrong" })
        #expect(keeper["found"].string?.contains(id) == true, "\(keeper)")
        try FileManager.default.moveItem(atPath: server.data + ".before-restore-1/runs", toPath: server.data + "/runs")
        let inside = try await checks(scratch, server.data)
        #expect(wrong(inside) == [keeper["check"].string ?? ""], "\(inside)")
        #expect(found(inside, "run directories")["state"] == "note")
        let pid = try #require(keeper["fix"].string?.split(separator: " ").last.flatMap { Int32($0) })
        kill(pid, SIGTERM)
        try await eventually("the keeper is gone") {
            try await wrong(checks(scratch, server.data)).isEmpty ? true : nil
        }

        #expect(
            try await scratch.martlet("restore", "--force", "--data-dir", server.data, scratch.path("live.tar")).code
                == 0)
        let lone = found(try await checks(scratch, server.data), "runs")
        #expect(lone["state"] == "note" && lone["found"].string?.contains(id) == true, "\(lone)")
    }

    @Test func `a damaged database, a foreign key and open files are told with their repair`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        for _ in 0..<100 { _ = try await server.submit(["command": ["true"]]) }
        try await server.stop()
        let key = server.data + "/secret.key"
        chmod(key, 0o640)
        chmod(server.data + "/martlet.db", 0o604)
        let open = try await checks(scratch, server.data)
        #expect(wrong(open).contains("key") && wrong(open).contains("database file"), "\(open)")
        #expect(found(open, "key")["fix"].string == "chmod 600 \(key)")
        chmod(key, 0o600)
        // What SQLite makes beside the database has its mode.
        for suffix in ["", "-wal", "-shm"] { chmod(server.data + "/martlet.db" + suffix, 0o600) }
        let bytes = try Data(contentsOf: URL(filePath: key))
        try Data(bytes.reversed()).write(to: URL(filePath: key))
        let foreign = try await checks(scratch, server.data)
        #expect(wrong(foreign) == ["key of the database"], "\(foreign)")
        try FileManager.default.removeItem(atPath: key)
        #expect(wrong(try await checks(scratch, server.data)).contains("key"))
        try bytes.write(to: URL(filePath: key))
        chmod(key, 0o600)
        #expect(wrong(try await checks(scratch, server.data)) == [])
        try Damage.pages(of: server.data + "/martlet.db")
        let damaged = try await checks(scratch, server.data)
        #expect(wrong(damaged) == ["database"], "\(damaged)")
        #expect(found(damaged, "database")["fix"].string?.contains("martlet restore") == true)
    }

    @Test func `directories of no run, and a log that cannot be written, are told`() async throws {
        let scratch = try Scratch()
        let server = try await Server(scratch)
        try FileManager.default.createDirectory(
            atPath: server.data + "/runs/ab/019aa5c4-7d21-7000-b5f3-0c6f1d3a9eab", withIntermediateDirectories: true)
        let log = scratch.path("log-directory")
        try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: false)
        let all = try await checks(
            scratch, server.data, environment: ["MARTLET_LOG_FILE": scratch.path("no/such/martlet.log")])
        #expect(found(all, "run directories")["fix"].string?.contains("9eab") == true, "\(all)")
        #expect(wrong(all) == ["own log"])
    }

    @Test(.enabled(if: geteuid() == 0, "changing the user needs root"))
    func `who is not the owner is told so`() async throws {
        let scratch = try Scratch()
        chmod(scratch.url.path, 0o755)
        let server = try await Server(scratch)
        let result = try await scratch.martlet("doctor", "--data-dir", server.data, user: 65534)
        #expect(result.code == 1 && result.out.contains("belongs to user 0"), "\(result.out) \(result.err)")
    }
}
