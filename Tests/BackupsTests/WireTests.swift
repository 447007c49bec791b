import Foundation
import GoWire
import MartletCore
import MartletYAML
import Testing

@testable import Backups

/// Shapes and ids of the replaced system.
@Suite struct WireTests {
    private func text(_ value: WireValue) -> String { String(decoding: WireWriter.bytes(value), as: UTF8.self) }

    private func inventory(_ rules: String, path: String = "/data", nodes: String = "") throws -> Inventory {
        try Inventory(
            parsing: YAMLDocument.parse(
                """
                \(nodes)
                apps:
                  hello:
                    procs:
                      hello.web.web:
                        instances: {1: {container: c1}}
                        volumes: {\(path): {backups: \(rules)}}
                """))
    }

    // backup contract §1.3: the two test vectors
    @Test func `ids of jobs are those of the replaced system`() throws {
        let hooks =
            "[{mode: full, schedule: 0 3 * * *, pre: {command: [pre.sh, a, b]}, post: {command: [/abs/post.sh]}}]"
        let first = try #require(inventory(hooks).plans(own: "").first?.backups.first).job
        #expect(first.id == "7f000001b38f6f83b82a188e61d4f91ef748714e")
        let second = try #require(
            inventory("[{mode: increment, schedule: 0 4 * * *}]", path: "/inc").plans(own: "").first?.backups.first)
        #expect(second.job.id == "7f0000010a09990c20fc7b0a389cbbb363e19f2b")
        let moved = try inventory(hooks, nodes: "nodes: {me: {address: 10.0.0.1}}").plans(own: "me")
        #expect(moved.first?.backups.first?.job.id == "0a000001b38f6f83b82a188e61d4f91ef748714e")
        #expect(JobID(first.id)?.node == IPv4("127.0.0.1"))
        for wrong in ["", "7f000001", first.id.uppercased(), first.id + "0", String(first.id.dropLast()) + "g"] {
            #expect(JobID(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `ids of records carry the run and its second, both ways`() throws {
        let run = try #require(RunID("019aa5c4-7d21-7000-b5f3-0c6f1d3a9e42"))
        let id = RecordID(run)
        #expect(id.description == "1763717709019aa5c47d217000b5f30c6f1d3a9e42")
        #expect(RecordID(id.description)?.run == run)
        // Of others: known by its form, and of no run of ours.
        let foreign = "1763743595" + String(repeating: "0a", count: 16)
        #expect(RecordID(foreign)?.description == foreign && RecordID(foreign)?.run == nil)
        #expect(RecordID("1763743596" + id.description.dropFirst(10))?.run == nil)
        for wrong in [
            "", "x", run.description, id.description.uppercased(), id.description + "0",
            "+" + id.description.dropFirst(),
        ] {
            #expect(RecordID(wrong) == nil, "\(wrong)")
        }
        #expect(RecordID(RunID(high: 0x7000, low: 0)).description.hasPrefix("0000000000"))
    }

    @Test func `times are written as Go writes them`() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
        #expect(GoTime(nil).text() == "0001-01-01T00:00:00Z")
        #expect(GoTime(Date(milliseconds: 1_700_000_000_120)).text(zone: zone) == "2023-11-15T06:13:20.12+08:00")
        #expect(GoTime("2023-11-15T06:13:20.12+08:00")?.date == Date(milliseconds: 1_700_000_000_120))
        #expect(GoTime("2023-11-15T06:13:20.123456789+08:00")?.date == Date(milliseconds: 1_700_000_000_123))
        #expect(GoTime("0001-01-01T00:00:00Z")?.date == .some(nil) && GoTime("yesterday") == nil)
    }

    // backup contract §1.3, §1.4
    @Test func `a node's list has its backups and one job for what expires`() throws {
        let plan = try #require(
            inventory("[{mode: full, schedule: 0 3 * * *, expire: 30d}, {mode: increment, expire: 36h}]")
                .plans(own: "").first)
        #expect(plan.jobs.count == 3 && plan.jobs.map(\.state) == [.active, .manual, .active])
        #expect(
            text(plan.jobs[0].wire)
                == #"{"id":"\#(plan.jobs[0].id)","spec":"0 3 * * *","action":"backup","args":{"app":"hello","archive":"hello-hello.web.web-1-data","containers":["c1"],"instanceNo":1,"mode":"full","path":"/data/lain/volumes/hello/hello.web.web/1/data","postRun":"","preRun":"","proc":"hello.web.web","volume":"/data"},"type":"cron","sleep":false,"state":"active"}"#
        )
        #expect(
            text(plan.jobs[2].wire)
                == #"{"id":"","spec":"* * * * *","action":"backup_expire","args":{"info":["/data/lain/volumes/hello/hello.web.web/1/data","30d","/data/lain/volumes/hello/hello.web.web/1/data@increment","1d12h"]},"type":"cron","sleep":false,"state":"active"}"#
        )
    }

    @Test func `nodes without volumes are there, and unknown ones have no address`() throws {
        let inventory = try Inventory(
            parsing: YAMLDocument.parse(
                """
                nodes: {b: {address: 10.0.0.2}, a: {address: 10.0.0.1}}
                apps:
                  hello:
                    procs:
                      p: {instances: {1: {node: b}, 2: {node: lost}, 3: {}}, volumes: {/data: {backups: [{mode: full}]}}}
                """))
        let plans = inventory.plans(own: "a")
        #expect(plans.map(\.address.description) == ["0.0.0.0", "10.0.0.1", "10.0.0.2"])
        #expect(plans.map(\.jobs.count) == [2, 2, 2])
        #expect(plans[0].backups[0].job.problem?.code == "node_unknown" && plans[0].jobs[0].state == .invalid)
        #expect(
            try self.inventory("[{mode: full}]", nodes: "nodes: {b: {address: 10.0.0.2}}").plans(own: "").map(
                \.jobs.count) == [0, 2])
    }

    // backup contract §7.1 A7, A8
    @Test(arguments: [
        ("0 0 5 0 0", "bad_schedule"), ("never", "bad_schedule"), ("*/3 * * * * *", "too_frequent"),
        ("* * * * *", "too_frequent"), ("*/5 * * * *", nil), ("@daily", nil), ("TZ=Asia/Shanghai 0 3 * * *", nil),
        ("@every 4m", "too_frequent"),
    ]) func `a schedule that cannot be is told with its reason`(_ schedule: String, _ code: String?) throws {
        let planned = try inventory("[{mode: full, schedule: \"\(schedule)\"}]").plans(own: "").first?.backups.first
        let job = try #require(planned?.job)
        #expect(job.problem?.code == code && job.state == (code == nil ? .active : .invalid))
        #expect(job.problem.map { !$0.message.isEmpty } ?? true)
        let frequent = try inventory("[{mode: full, frequent: true, schedule: \"\(schedule)\"}]").plans(own: "").first
        #expect(frequent?.backups.first?.job.problem?.code == (code == "bad_schedule" ? code : nil))
    }

    @Test func `jobs and records are read back as they were written`() throws {
        let id = try #require(RecordID("1763717709019aa5c47d217000b5f30c6f1d3a9e42"))
        let job = BackupJob(
            id: "7f000001b38f6f83b82a188e61d4f91ef748714e", spec: "0 3 * * *", action: .backup,
            arguments: ["app": "hello", "containers": ["c1"], "instanceNo": 1], kind: .once)
        let record = JobRecord(
            job: job, id: id, result: ["file": "f", "size": 3], state: .success,
            start: GoTime(Date(milliseconds: 1_763_743_595_000)), end: GoTime(nil), reason: "")
        #expect(try JobRecord(JSONParser.parse(WireWriter.bytes(record.wire))) == record)
        var shown = job
        shown.state = .invalid
        shown.problem = .init(code: "c", message: "m")
        #expect(try BackupJob(JSONParser.parse(WireWriter.bytes(shown.wire))) == job)
        #expect(
            text(record.wire).hasSuffix(
                #""sleep":false,"rid":"\#(id)","result":{"file":"f","size":3},"state":"success","start":"\#(record.start.text())","end":"0001-01-01T00:00:00Z","reason":""}"#
            ))
        let unset: JSONValue = [
            "action": "backup", "state": "running", "rid": .string(id.description), "start": "0001-01-01T00:00:00Z",
        ]
        for wrong in [[:], unset, ["action": "reboot"], 3] as [JSONValue] {
            #expect(throws: MartletError.self) { try JobRecord(wrong) }
        }
    }
}
