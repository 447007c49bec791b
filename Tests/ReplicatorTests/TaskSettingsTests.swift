import MartletCore
import Replication
import Replicator
import Testing

/// contract §C.2: what the two tasks of a job say together.
@Suite struct TaskSettingsTests {
    private func settings(_ role: ReplicationRole, _ config: [String: JSONValue]) throws -> ReplicationSettings {
        var config = config
        config["ConnectionConfig"] = ["Host": "h", "Port": 1, "User": "u", "Password": "p"]
        return try ReplicationSettings(config: config, role: role)
    }

    private func together(
        source: [String: JSONValue], target: [String: JSONValue]
    ) throws -> ReplicationSettings {
        try settings(.source, source).writing(as: settings(.target, target))
    }

    @Test func `how transactions are joined is said by the source's task as with dtle, or by the target's`() throws {
        let said: [String: JSONValue] = ["GroupMaxSize": 1024, "GroupTimeout": 50, "ReplChanBufferSize": 60]
        for both in [try together(source: said, target: [:]), try together(source: [:], target: said)] {
            #expect(both.groupBytes == 1024 && both.groupTimeout == .milliseconds(50) && both.bufferSize == 60)
        }
        let other: [String: JSONValue] = ["GroupMaxSize": 2048, "GroupTimeout": 70, "ReplChanBufferSize": 80]
        let both = try together(source: said, target: other)
        #expect(both.groupBytes == 1024 && both.groupTimeout == .milliseconds(50) && both.bufferSize == 60)
        let none = try together(source: [:], target: [:])
        #expect(none.groupBytes == 1 && none.bufferSize == nil)
    }

    @Test func `workers are the target's, filters and the strict policy are either's`() throws {
        let both = try together(
            source: ["ParallelWorkers": 2, "SqlFilter": ["NoDML"], "ApplyPolicy": "strict"],
            target: ["ParallelWorkers": 7, "SqlFilter": ["NoDDL"]])
        #expect(both.workers == 7 && both.policy == .strict && both.filter == [.allRows, .allDefinitions])
        #expect(try together(source: [:], target: ["ApplyPolicy": "strict"]).policy == .strict)
        #expect(try together(source: ["Gtid": "a"], target: ["Gtid": "b"]).executed == "a")
        #expect(try together(source: [:], target: ["Gtid": "b"]).executed == "b")
    }
}
