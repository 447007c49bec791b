import GoWire
import MartletCore
import Testing

@testable import Jobs

/// Differences between versions, against the recordings. jobs-replication contract §F case 5.
@Suite struct JobDiffTests {
    @Test func `the recorded versions differ as recorded`() throws {
        let recorded = try #require(try Recording("117").body.object)
        let versions = try (recorded["Versions"]?.array ?? []).map { try JobSpec(json: $0) }
        let diff = JobDiff(from: versions[1], to: versions[0])
        let expected = recorded["Diffs"] ?? .null
        #expect(differences("", .array([diff.json]), expected) == [])
        #expect(diff.type == .edited)
    }

    @Test func `a recorded plan differs as recorded`() throws {
        let recording = try Recording("121")
        let planned = try JobRequest(.plan, body: recording.bytes)
        #expect(planned.diff)
        let newest = try #require(try Recording("117").body.object?["Versions"]?.array?.first)
        let diff = JobDiff(
            from: try JobSpec(json: newest), to: planned.spec, updates: ["g": ["create/destroy update": 1]])
        let expected = recording.body.object?["Diff"] ?? .null
        #expect(differences("", diff.json, expected) == [])
    }

    private func job(_ members: String = "", group: String = "", task: String = "", config: String = "{}") throws
        -> JobSpec
    {
        let body = #"""
            {"Job":{"ID":"a","Datacenters":["dc1"],"TaskGroups":[{"Name":"g","Tasks":[{"Name":"t","Driver":"x",
            "Config":\#(config)\#(task)}]\#(group)}]\#(members)}}
            """#
        return try JobSpec(registration: Array(body.utf8))
    }

    @Test func `equal jobs do not differ`() throws {
        let diff = JobDiff(from: try job(), to: try job())
        #expect(diff.type == .none)
        #expect(diff.json.object?["Fields"] == .null && diff.json.object?["Objects"] == .null)
    }

    @Test func `a new job is added with all that it has`() throws {
        let diff = JobDiff(from: nil, to: try job(), updates: ["g": ["create": 1]]).json.object ?? [:]
        #expect(diff["Type"] == "Added")
        #expect(
            diff.objects("Fields").map { $0.text("Name") } == [
                "AllAtOnce", "Dispatched", "Name", "Namespace", "Priority", "Region", "Stop", "Type",
            ])
        let group = diff.objects("TaskGroups")[0]
        #expect(group["Updates"] == ["create": 1])
        #expect(group.objects("Tasks")[0]["Annotations"] == ["forces create"])
        #expect(
            group.objects("Objects").map { $0.text("Name") } == [
                "RestartPolicy", "ReschedulePolicy", "EphemeralDisk", "Update",
            ])
        let task = group.objects("Tasks")[0]
        #expect(task.objects("Objects").map { $0.text("Name") } == ["Resources", "LogConfig"])
    }

    @Test func `a changed configuration lists all its values`() throws {
        let old = try job(config: #"{"args":["x","y"],"n":1,"c":{"k":true}}"#)
        let new = try job(group: #","Count":3"#, config: #"{"args":["x"],"n":2,"c":{"k":true}}"#)
        let diff = JobDiff(from: old, to: new, updates: ["g": [:]]).json.object ?? [:]
        let group = diff.objects("TaskGroups")[0]
        #expect(
            group.objects("Fields") == [
                ["Type": "Edited", "Name": "Count", "Old": "1", "New": "3", "Annotations": ["forces create"]]
            ])
        let task = group.objects("Tasks")[0]
        #expect(task["Annotations"] == ["forces create/destroy update"])
        let config = task.objects("Objects")[0]
        #expect(config.text("Name") == "Config" && config.text("Type") == "Edited")
        #expect(
            config.objects("Fields").map { "\($0.text("Name")) \($0.text("Type")) \($0.text("Old"))>\($0.text("New"))" }
                == [
                    "args[0] None x>x", "args[1] Deleted y>", "c[k] None true>true", "n Edited 1>2",
                ])
    }

    @Test func `a task that only waits longer is updated in place`() throws {
        let diff = JobDiff(from: try job(), to: try job(task: #","KillTimeout":1"#), updates: ["g": [:]])
        let task = diff.json.object?.objects("TaskGroups")[0].objects("Tasks")[0]
        #expect(task?["Annotations"] == ["forces in-place update"])
    }

    @Test func `lists are compared as sets`() throws {
        let old = try job(#","Constraints":[{"LTarget":"a","RTarget":"b","Operand":"="}]"#)
        let new = try job(#","Datacenters":["dc2","dc1"],"Constraints":[{"LTarget":"a","RTarget":"c","Operand":"="}]"#)
        let objects = JobDiff(from: old, to: new).json.object?.objects("Objects") ?? []
        #expect(
            objects.map { "\($0.text("Name")) \($0.text("Type"))" } == [
                "Datacenters Added", "Constraint Added", "Constraint Deleted",
            ])
        #expect(objects.first?.objects("Fields").map { $0.text("Type") } == ["Added", "None"])
    }

    @Test func `groups and tasks that go or come are told`() throws {
        let one = #"{"Job":{"ID":"a","TaskGroups":[{"Name":"z"},{"Name":"b","Tasks":[{"Name":"t"}]}]}}"#
        let two = #"{"Job":{"ID":"a","TaskGroups":[{"Name":"b","Tasks":[{"Name":"u"}]},{"Name":"c"}]}}"#
        let diff = JobDiff(
            from: try JobSpec(registration: Array(one.utf8)), to: try JobSpec(registration: Array(two.utf8)))
        let groups = diff.json.object?.objects("TaskGroups") ?? []
        #expect(groups.map { "\($0.text("Name")) \($0.text("Type"))" } == ["b Edited", "c Added", "z Deleted"])
        #expect(groups[0].objects("Tasks").map { "\($0.text("Name")) \($0.text("Type"))" } == ["t Deleted", "u Added"])
    }

    @Test func `a stopped job that starts again shows it`() throws {
        let diff = JobDiff(from: try job(), to: try job(), stopped: (true, false))
        #expect(
            diff.json.object?.objects("Fields").map { "\($0.text("Name")) \($0.text("Old"))>\($0.text("New"))" } == [
                "Stop true>false"
            ])
    }
}
