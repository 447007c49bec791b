import Foundation
import MartletCore
import Testing

@testable import Scripts

/// `secrets` of an entry and of the configuration, on their way into the job of a call.
@Suite struct SecretEntryTests {
    private static let head = "- name: n\n  cluster_type: c\n  command: [echo]\n"

    private static func task(_ more: String) throws -> ScriptTask {
        let file = TaskFileTests.file(head + more)
        #expect(file.problems == [])
        return try #require(file.tasks.first)
    }

    @Test func `an entry names stored secrets`() throws {
        let task = try Self.task("  secrets: {PGPASSWORD: prod-db, NUMBER: 12345}\n")
        #expect(task.secrets == ["PGPASSWORD": "prod-db", "NUMBER": "12345"])
        #expect(task.job(ScriptSettings(collectDirectory: "")).secretReferences == task.secrets)
    }

    @Test(arguments: [
        ("secrets: {A: my pass word}", "secrets.A"), ("secrets: {A-B: x}", "secrets.A-B"),
        ("secrets: {MARTLET_A: x}", "secrets.MARTLET_A"), ("secrets: [a]", "secrets"),
        ("secrets: {A: x}\n  env: {A: y}", "secrets.A"),
    ])
    func `what cannot be meant is named, and no value repeated`(text: String, field: String) throws {
        let problems = TaskFileTests.file(Self.head + "  " + text + "\n").problems
        #expect(problems.map(\.field) == [field])
        #expect(problems.first?.line == 4 || field == "secrets.A")
        #expect(!problems.description.contains("my pass word"))
    }

    @Test func `what an entry says wins over the configuration`() throws {
        var settings = ScriptSettings(collectDirectory: "")
        settings.secretNames = ["A": "shared-a", "B": "shared-b", "C": "shared-c"]
        let task = try Self.task("  secrets: {B: own-b}\n  env: {C: plain}\n")
        #expect(task.job(settings).secrets == ["A": "shared-a", "B": "own-b"])
    }
}
