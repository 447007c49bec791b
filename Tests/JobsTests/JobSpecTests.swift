import Foundation
import GoWire
import MartletCore
import Testing

@testable import Jobs

/// The canonical job against the recordings of `GET /v1/job/ID` and `…/versions`. jobs-replication contract §B.2.
@Suite struct JobSpecTests {
    /// Which registration led to which recorded job.
    @Test(arguments: [("066", "073"), ("157", "159"), ("177", "179"), ("109", "132")])
    func `a registered job is shown with all defaults`(_ sent: String, _ shown: String) throws {
        let spec = try JobSpec(registration: try Recording(sent).bytes)
        let recorded = try Recording(shown).body
        let members = try #require(recorded.object)
        #expect(differences("", spec.record(fields(members)), recorded) == [])
    }

    private func fields(_ job: [String: JSONValue]) -> JobRecordFields {
        var fields = JobRecordFields(
            version: UInt64(job.integer("Version")), status: job.text("Status"), submitTime: job.integer("SubmitTime"),
            createIndex: UInt64(job.integer("CreateIndex")), modifyIndex: UInt64(job.integer("ModifyIndex")),
            jobModifyIndex: UInt64(job.integer("JobModifyIndex")))
        fields.isStable = job.flag("Stable")
        fields.isStopped = job.flag("Stop")
        return fields
    }

    @Test(arguments: ["066", "109", "151", "153", "157", "177"])
    func `a canonical job read again is the same`(_ number: String) throws {
        let spec = try JobSpec(registration: try Recording(number).bytes)
        let again = try JobSpec(json: spec.json)
        #expect(differences("", again.json, spec.json) == [])
        #expect(again == spec)
        let shown = spec.record(
            JobRecordFields(
                version: 1, status: "dead", submitTime: 1, createIndex: 2, modifyIndex: 3, jobModifyIndex: 4))
        #expect(try JobSpec(json: shown) == spec)
        // What clients send back went through bytes.
        let bytes = WireWriter.bytes(.object([("Job", .json(shown))]))
        #expect(try JobSpec(registration: bytes) == spec)
    }

    @Test func `all versions of a recorded job are read as they are`() throws {
        for number in ["078", "117"] {
            for version in try Recording(number).body.object?["Versions"]?.array ?? [] {
                let members = try #require(version.object)
                #expect(differences("", try JobSpec(json: version).record(fields(members)), version) == [])
            }
        }
    }

    @Test func `what is compared by shape only is listed with its reason`() throws {
        let file = try #require(Bundle.module.url(forResource: "Recordings/shape-only", withExtension: "json"))
        let entries = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: file)).array ?? []
        #expect(entries.count == 3)
        for entry in entries.map({ $0.object ?? [:] }) {
            #expect(!entry.text("reason").isEmpty && !entry.texts("paths").isEmpty)
            for number in entry.texts("recordings") { #expect(throws: Never.self) { try Recording(number) } }
        }
    }

    @Test func `views read what the tables hold`() throws {
        let spec = try JobSpec(registration: try Recording("177").bytes)
        #expect(spec.type == .service && spec.priority == 50 && spec.region == "global" && !spec.allAtOnce)
        #expect(spec.datacenters == ["dc1"] && spec.groups.map(\.name) == ["src", "dest"])
        let task = try #require(spec.groups.first?.tasks.first)
        #expect(task.driver == "dtle" && task.resources.cpu == 50 && task.killTimeout == 5_000_000_000)
        #expect(task.config["ChunkSize"] == 2000)
        #expect(spec.groups[0].reschedule?.attempts == 1)
        #expect(spec.groups[0].restart.mode == "fail" && spec.groups[0].restart.attempts == 2)
    }

    @Test func `a policy goes from the job to its groups and from a group to its tasks`() throws {
        let body = #"""
            {"Job":{"ID":"a","Datacenters":["dc1"],"Update":{"MaxParallel":3},"Migrate":{"MaxParallel":2},
            "Reschedule":{"Attempts":2,"Interval":3600000000000,"Unlimited":false},
            "TaskGroups":[{"Name":"g","Update":{"Canary":1},"ReschedulePolicy":{"Attempts":4},
            "RestartPolicy":{"Attempts":7},"Tasks":[{"Name":"t","RestartPolicy":{"Delay":1000000000}}]}]}}
            """#
        let group = try #require(try JobSpec(registration: Array(body.utf8)).groups.first)
        #expect(group.update?.maxParallel == 3 && group.update?.canary == 1 && group.update?.healthCheck == "checks")
        #expect(group.json.object?["Migrate"]?.object?["MaxParallel"] == 2)
        #expect(group.reschedule?.attempts == 4 && group.reschedule?.interval == 3_600_000_000_000)
        #expect(group.restart.attempts == 7 && group.restart.interval == 1_800_000_000_000)
        #expect(group.tasks[0].restart.attempts == 7 && group.tasks[0].restart.delay == 1_000_000_000)
    }

    @Test func `blocks of a configuration stay as they were sent`() throws {
        let body = #"""
            {"Job":{"ID":"a","TaskGroups":[{"Name":"g","Tasks":[
            {"Name":"x","Config":{"ConnectionConfig":{"Port":1}}},{"Name":"y","Config":{"ConnectionConfig":[{"Port":1}]}}]}]}}
            """#
        let tasks = try JobSpec(registration: Array(body.utf8)).groups[0].tasks
        #expect(tasks[0].config["ConnectionConfig"] == ["Port": 1])
        #expect(tasks[1].config["ConnectionConfig"] == [["Port": 1]])
    }

    @Test func `a system job is not rescheduled and a batch job not updated`() throws {
        let system = try spec(#""Type":"system""#)
        #expect(system.groups[0].reschedule == nil && system.groups[0].restart.attempts == 2)
        let batch = try spec(#""Type":"batch""#)
        #expect(batch.groups[0].update == nil && batch.groups[0].reschedule?.delayFunction == "constant")
    }

    @Test func `a job keeps its kind`() throws {
        let service = try spec(#""Type":"service""#)
        let batch = try spec(#""Type":"batch""#)
        let periodic = try spec(#""Type":"batch","Periodic":{"Spec":"0 0 * * *"}"#)
        let parameterized = try spec(#""Type":"batch","ParameterizedJob":{}"#)
        #expect(batch.changeProblem(from: nil) == nil && batch.changeProblem(from: batch) == nil)
        #expect(batch.changeProblem(from: service) == #"cannot update job from type "service" to "batch""#)
        #expect(periodic.changeProblem(from: batch) == "cannot update non-periodic job to being periodic")
        #expect(batch.changeProblem(from: periodic) == "cannot update periodic job to being non-periodic")
        #expect(
            parameterized.changeProblem(from: batch) == "cannot update non-parameterized job to being parameterized")
        #expect(parameterized.parameterized?.payload == "optional")
        #expect(periodic.periodic?.timeZone == "UTC")
    }

    private func spec(_ members: String) throws -> JobSpec {
        let body = #"{"Job":{"ID":"a","Datacenters":["dc1"],\#(members),"TaskGroups":[{"Name":"g"}]}}"#
        return try JobSpec(registration: Array(body.utf8))
    }
}
