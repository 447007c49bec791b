import Foundation
import MartletCore
import ReplicationFixtures
import SQLClient
import Testing

/// Replications are seen and compared by the names of their jobs: jobs-replication contract §C.10, §C.11, §F case 40.
@Suite(.serialized) struct ReplicationViewTests {
    private func figure(_ page: String, _ name: String, _ label: String) -> Double? {
        page.split(separator: "\n").first { $0.hasPrefix(name) && $0.contains(label) }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }

    private func metrics(_ nomad: JobServer) async throws -> String {
        try await nomad.server.call(.GET, "/metrics").text
    }

    @Test func `the gauges of dtle and ours are there and move`() async throws {
        let nomad = try await JobServer()
        #expect(try await !metrics(nomad).contains("dtle_"))
        let pair = try ReplicationPair()
        try await nomad.register(pair.body())
        try await pair.follows(nomad)
        let host = String(
            ProcessInfo.processInfo.hostName.split(separator: ".")[0].map {
                $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_"
            })
        let (source, target) = ("task_name=\"\(pair.job)_src\"", "task_name=\"\(pair.job)_dest\"")
        let job = "job=\"\(pair.job)\""
        let before = try await eventually("the figures are there") {
            let page = try await metrics(nomad)
            let own = [source, target].map { figure(page, "dtle_\(host)_memory_full_kb_count{", $0) }
            return own.contains(nil) || figure(page, "martlet_replication_lag_seconds{", job) == nil ? nil : page
        }
        for name in ["event_queue_size", "src_queue_size", "send_by_timeout", "send_by_size_full"] {
            #expect(figure(before, "dtle_\(host)_buffer_\(name){", source) != nil, "\(name)")
        }
        for name in [
            "network_in_msgs", "network_in_bytes", "network_out_msgs", "network_out_bytes", "memory_full_kb_count",
            "memory_full_kb_est", "memory_incr_kb_count", "memory_incr_kb_est",
        ] {
            for task in [source, target] { #expect(figure(before, "dtle_\(host)_\(name){", task) != nil, "\(name)") }
        }
        for name in ["buffer_dest_queue_size", "delay_time"] {
            #expect(figure(before, "dtle_\(host)_\(name){", target) != nil, "\(name)")
        }
        for name in ["spool_bytes", "retries", "stalled", "rows_per_second", "copied_rows"] {
            #expect(figure(before, "martlet_replication_\(name){", job) != nil, "\(name)")
        }
        #expect(figure(before, "martlet_replication_stage{", "\(job),stage=\"incremental\"") == 1)
        #expect(figure(before, "martlet_replication_stage{", "\(job),stage=\"full\"") == 0)

        for id in 2001...2050 { try pair.write("INSERT INTO \(pair.schema).t VALUES (\(id), 'moves')") }
        try await pair.equal()
        try await eventually("the figures move") {
            let page = try await metrics(nomad)
            func grows(_ name: String, _ label: String) -> Bool {
                (figure(page, name, label) ?? 0) > (figure(before, name, label) ?? 0)
            }
            return grows("dtle_\(host)_network_in_bytes{", target) && grows("dtle_\(host)_network_in_msgs{", target)
                && grows("dtle_\(host)_network_out_bytes{", source)
                && grows("dtle_\(host)_dest_applied_incr_tx_count{", target)
                && grows("dtle_\(host)_buffer_send_by_timeout{", source)
                && grows("martlet_replication_applied_rows{", job)
        }
        try await pair.gone(nomad)
        try await eventually("nothing is told of what is over") { try await !metrics(nomad).contains("dtle_") }
    }

    @Test func `both sides are compared by the job's name, and what differs is named`() async throws {
        let nomad = try await JobServer()
        let pair = try ReplicationPair()
        try await nomad.register(pair.body())
        try await pair.follows(nomad)
        try await pair.equal()
        let path = "/api/nomad-jobs/\(pair.job)"

        // While one goes on there is no other.
        let target = try pair.target.session()
        try target.run("LOCK TABLES \(pair.schema).t WRITE")
        let first = try await nomad.server.call(.POST, path + "/verify")
        let run = try #require(first.json["id"].string, "\(first.text)")
        #expect(first.status == 202)
        _ = try await nomad.server.reaches(.running, run)
        let second = try await nomad.server.call(.POST, path + "/verify")
        #expect(second.status == 409 && second.text.contains(run), "\(second.text)")
        let words: [String] = try await eventually("it compares") {
            let words = try ReplicationProcesses.words(of: pair.job).filter { $0.contains("\"role\":\"verify\"") }
            return words.isEmpty ? nil : words
        }
        #expect(words.count == 1 && words[0].contains("DTLE_SECRET_SOURCE_1"), "\(words)")
        #expect(!words.contains { $0.contains(ReplicationPair.password) })
        try target.run("UNLOCK TABLES")
        let ended = try await nomad.server.ended(run)
        #expect(ended["state"] == "succeeded" && ended["results"]["equal"] == true, "\(ended)")
        #expect(ended["results"]["rows"] == 1000 && [1, .double(1)].contains(ended["progress"]))

        for statement in [
            "DELETE FROM \(pair.schema).t WHERE id = 5", "UPDATE \(pair.schema).t SET word = 'other' WHERE id = 7",
            "INSERT INTO \(pair.schema).t VALUES (9999, 'only here')",
        ] { try target.run(statement) }
        let again = try await nomad.server.call(.POST, path + "/verify")
        let differing = try await nomad.server.ended(try #require(again.json["id"].string, "\(again.text)"))
        #expect(differing["state"] == "failed" && differing["exitCode"] == 3, "\(differing)")
        let table = differing["results"]["tables"][0]
        #expect(table["schema"] == .string(pair.schema) && table["table"] == "t" && table["differing"] == 3)
        #expect(table["keys"] == ["5", "7", "9999"] && table["equal"] == false, "\(table)")
        let log = try await nomad.server.log(differing["id"].string ?? "")
        #expect(log.contains("3 of 1000 rows differ: 5; 7; 9999"), "\(log)")

        let shown = try await nomad.server.call(.GET, path).json["replication"]
        #expect(shown["verify"]["run"] == differing["id"] && shown["verify"]["results"]["differing"] == 3, "\(shown)")
        let texts = try await nomad.server.call(.GET, "/api/runs/\(run)").text + log + "\(shown)"
        #expect(!texts.contains(ReplicationPair.password))

        let access = ["MARTLET_SERVER": nomad.server.url, "MARTLET_TOKEN": nomad.server.token]
        let told = try await nomad.scratch.ending(
            of: nomad.scratch.start(["job", "verify", pair.job], environment: access))
        #expect(
            told.code == 3 && told.out.contains("\(pair.schema).t") && told.out.contains("differ:\n  5\n  7\n  9999\n"),
            "\(told)")
        #expect(told.err.contains("1 of 1 tables differ: \(pair.schema).t (3 rows)"), "\(told.err)")
        let status = try await nomad.scratch.ending(
            of: nomad.scratch.start(["job", "status", pair.job], environment: access))
        #expect(status.out.contains("copied     1000 of about"), "\(status.out)")
        #expect(status.out.contains("compared   1 of 1 tables differ"), "\(status.out)")
        for statement in [
            "DELETE FROM \(pair.schema).t WHERE id = 9999", "REPLACE INTO \(pair.schema).t VALUES (5, 'row 5')",
            "UPDATE \(pair.schema).t SET word = 'row 7' WHERE id = 7",
        ] { try target.run(statement) }
        let equal = try await nomad.scratch.ending(
            of: nomad.scratch.start(["job", "verify", "--json", pair.job], environment: access))
        #expect(equal.code == 0 && equal.json["results"]["equal"] == true, "\(equal)")
        try await pair.gone(nomad)
        #expect(try await nomad.server.call(.POST, path + "/verify").status == 404)
    }

    @Test func `the lag is that of what waits, however long there was nothing before`() async throws {
        let nomad = try await JobServer()
        let pair = try ReplicationPair()
        try await nomad.register(pair.body())
        try await pair.follows(nomad)
        try pair.write("INSERT INTO \(pair.schema).t VALUES (3001, 'long ago')")
        try await pair.equal()
        let path = "/api/nomad-jobs/\(pair.job)"
        func lag() async throws -> Double {
            switch try await nomad.server.call(.GET, path).json["replication"]["lag"] {
            case .int(let whole): Double(whole)
            case .double(let lag): lag
            default: 0
            }
        }
        // So long nothing is written.
        try await Task.sleep(for: .seconds(8))
        try await eventually("there is no lag") { try await lag() == 0 }
        let target = try pair.target.session()
        try target.run("LOCK TABLES \(pair.schema).t WRITE")
        let begun = ContinuousClock.now
        try pair.write("INSERT INTO \(pair.schema).t VALUES (3002, 'waits')")
        let found: Double = try await eventually("there is a lag") {
            let lag = try await lag()
            return lag > 0 ? lag : nil
        }
        // Times of a binlog are whole seconds.
        #expect(found < (ContinuousClock.now - begun) / .seconds(1) + 2)
        try await eventually("it grows") { try await lag() > 3 }
        try target.run("UNLOCK TABLES")
        try await eventually("it is over") { try await lag() == 0 }
        try await pair.gone(nomad)
    }

    @Test func `one answer tells how a replication stands, and another how it went`() async throws {
        let nomad = try await JobServer()
        let pair = try ReplicationPair()
        try await nomad.register(pair.body())
        try await pair.follows(nomad)
        let path = "/api/nomad-jobs/\(pair.job)"
        let shown: JSONValue = try await eventually("it follows") {
            let shown = try await nomad.server.call(.GET, path).json["replication"]
            // How it is right now: a busy machine keeps a process from its reports.
            let isWell = shown["alive"] == true && shown["stalled"] == false
            let isThere = shown["stage"] == "job_stage_incr" && shown["source"]["state"] == "applying"
            return isWell && isThere ? shown : nil
        }
        let target = shown["target"]
        #expect(shown["verify"] == .null)
        #expect(target["stages"].array?.compactMap { $0["stage"].string } == ["job_stage_full", "job_stage_incr"])
        #expect(
            target["copy"]["rows"] == 1000 && target["copy"]["done"] == true
                && [1, .double(1)].contains(target["progress"]), "\(target)")
        #expect(target["gtid"].string?.isEmpty == false && target["file"].string?.isEmpty == false)
        let list = try await nomad.server.call(.GET, "/api/nomad-jobs").json["items"]
        #expect(list[0]["replication"]["stage"] == "job_stage_incr")
        let history = try await eventually("there is a point") {
            let history = try await nomad.server.call(.GET, path + "/lag").json
            return history["points"].array?.isEmpty == false ? history : nil
        }
        #expect(
            [5, .double(5)].contains(history["interval"]) && history["points"][0]["at"].string != nil, "\(history)")

        #expect(try await nomad.server.call(.POST, path + "/pause").status == 200)
        let paused: JSONValue = try await eventually("it rests") {
            let shown = try await nomad.server.call(.GET, path).json["replication"]
            return shown["alive"] == false && shown["state"] == "stopped" ? shown : nil
        }
        #expect(paused["target"]["copy"]["rows"] == 1000)

        let plain = JobServer.job("plain", "sleep 600")
        try await nomad.register(plain)
        #expect(try await nomad.server.call(.GET, "/api/nomad-jobs/plain").json["replication"] == .null)
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs/plain/verify").status == 409)
        _ = try await nomad.send(.DELETE, "/job/plain?purge=true")
        try await pair.gone(nomad)
    }
}

/// Processes of replications on this machine.
private enum ReplicationProcesses {
    /// The arguments of each that belongs to a job, as everyone can read them.
    static func words(of job: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { name in
            guard Int(name) != nil, let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") else {
                return nil
            }
            let text = String(decoding: data, as: UTF8.self)
            return text.contains("\0replication-worker\0") && text.contains(job) ? text : nil
        }
    }
}
