import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletTesting
import Testing

/// Jobs name stored secrets; runs get their values.
@Suite struct StoredSecretTests {
    private let engine: Engine
    private var control: Control { engine.control }

    init() throws { engine = try Engine(executor: ScriptedExecutor { _, _ in .exit(0) }) }

    private func store(_ name: String, _ value: String) async throws {
        _ = try await control.putSecret(name, NewSecret(value: Secret(value)), by: "admin")
    }

    private func put(_ document: JSONValue) async throws { _ = try await control.putJob(Job(parsing: document)) }

    private func run(
        _ job: String, secrets: [String: Secret] = [:], params: [String: JSONValue] = [:], rights: Rights = .all
    ) async throws -> Run {
        let submission = Submission(
            work: .stored(job), params: params, secrets: secrets, trigger: Trigger(source: "test"), rights: rights)
        return try await engine.ended(try await control.submit(submission).ids[0])
    }

    /// What a call throws: its code, and its problems.
    private func refusal(_ body: () async throws -> Void) async -> (code: MartletError.Code, problems: [FieldProblem])?
    {
        do {
            try await body()
        } catch {
            return (error as? MartletError).map { ($0.code, $0.problems) }
        }
        return nil
    }

    private static let dump: JSONValue = [
        "name": "dump", "command": ["pg_dump"], "secrets": ["PGPASSWORD": "prod-db"],
    ]

    @Test func `a job's secret reaches its task, and the run holds the name alone`() async throws {
        try await store("prod-db", "correct horse")
        try await put(Self.dump)
        let run = try await run("dump", rights: Rights(role: .run))
        #expect(engine.executor.commands[0].secrets == ["PGPASSWORD": Secret("correct horse")])
        #expect(run.secretNames == ["PGPASSWORD"] && run.job.secrets == ["PGPASSWORD": "prod-db"])
    }

    @Test func `a rerun takes the present value, and what was posted stays`() async throws {
        try await store("prod-db", "before the rotation")
        try await put(Self.dump)
        let first = try await run("dump", secrets: ["OTHER": Secret("posted")])
        try await store("prod-db", "after the rotation")
        let again = try await control.rerun(first.id, trigger: Trigger(source: "test"), rights: Rights(role: .run))
        _ = try await engine.ended(again.ids[0])
        #expect(
            engine.executor.commands.map(\.secrets) == [
                ["PGPASSWORD": Secret("before the rotation"), "OTHER": Secret("posted")],
                ["PGPASSWORD": Secret("after the rotation"), "OTHER": Secret("posted")],
            ])
    }

    @Test func `a task's own secret is given to it alone, and masked in all`() async throws {
        try await store("a", "secret of one")
        try await store("b", "secret of all")
        try await put([
            "name": "two", "secrets": ["ALL": "b", "BOTH": "b"],
            "tasks": [
                ["name": "one", "command": ["true"], "secrets": ["OWN": "a", "BOTH": "a"]],
                ["name": "one-more", "command": ["true"]],
            ],
        ])
        let run = try await run("two")
        let (one, all) = (Secret("secret of one"), Secret("secret of all"))
        #expect(
            engine.executor.commands.map(\.secrets) == [
                ["OWN": one, "ALL": all, "BOTH": one], ["ALL": all, "BOTH": all],
            ])
        for command in engine.executor.commands { #expect(command.hidden == [one, all]) }
        #expect(run.secretNames == ["ALL", "BOTH", "one/BOTH", "one/OWN"])
    }

    @Test func `a secret that is not stored is refused when the job is stored and when it is started`() async throws {
        let early = await refusal { try await put(Self.dump) }
        #expect(early?.code == .invalid && early?.problems.map(\.field) == ["secrets.PGPASSWORD"])
        #expect(early?.problems.first?.problem.contains("martlet secret set prod-db") == true)
        try await store("prod-db", "correct horse")
        try await put(Self.dump)
        let first = try await run("dump")
        try await control.deleteSecret("prod-db")
        let late = await refusal { _ = try await run("dump") }
        #expect(late?.code == .conflict && late?.problems == early?.problems)
        let again = await refusal {
            _ = try await control.rerun(first.id, trigger: Trigger(source: "test"), rights: .all)
        }
        #expect(again?.code == .conflict)
        let ofTask = await refusal {
            try await put(["name": "x", "tasks": [["name": "t", "command": ["true"], "secrets": ["A": "none"]]]])
        }
        #expect(ofTask?.problems.map(\.field) == ["tasks.t.secrets.A"])
    }

    @Test func `whoever starts a job cannot replace its secrets`() async throws {
        try await store("prod-db", "correct horse")
        try await put(Self.dump)
        let found = await refusal { _ = try await run("dump", secrets: ["PGPASSWORD": Secret("of my own")]) }
        #expect(found?.code == .invalid && found?.problems.map(\.field) == ["secrets.PGPASSWORD"])
    }

    @Test func `a definition that holds the value in clear is refused without repeating it`() async throws {
        try await store("prod-db", "correct horse")
        let found = await refusal {
            try await put([
                "name": "dump", "command": ["pg_dump", "--password=correct horse"],
                "secrets": ["PGPASSWORD": "prod-db"],
            ])
        }
        #expect(found?.code == .invalid && found?.problems.map(\.field) == ["secrets.PGPASSWORD"])
        #expect(found?.problems.first?.problem.contains("correct") == false)
    }

    @Test func `a guess among the parameters tells nothing about the value`() async throws {
        try await store("prod-db", "correct horse")
        try await put([
            "name": "dump", "command": ["pg_dump"], "secrets": ["PGPASSWORD": "prod-db"], "params": ["table": [:]],
        ])
        #expect(try await run("dump", params: ["table": "correct horse"]).state == .succeeded)
    }

    @Test func `an inline job names stored secrets beside values of its own`() async throws {
        try await store("prod-db", "correct horse")
        let submission = try Submission(
            parsing: ["command": ["true"], "secrets": ["A": ["secret": "prod-db"], "B": "of my own"]],
            trigger: Trigger(source: "test"), rights: .all)
        _ = try await engine.ended(try await control.submit(submission).ids[0])
        #expect(engine.executor.commands[0].secrets == ["A": Secret("correct horse"), "B": Secret("of my own")])
        #expect(throws: MartletError.self, "of a stored job its definition says which") {
            try Submission(
                parsing: ["job": "dump", "secrets": ["A": ["secret": "prod-db"]]], trigger: Trigger(source: "test"),
                rights: .all)
        }
    }

    @Test func `what is no name and what has two values is named`() throws {
        for (document, field) in [
            (["command": ["true"], "secrets": ["A": "my pass word"]], "secrets.A"),
            (["command": ["true"], "secrets": ["A-B": "x"]], "secrets.A-B"),
            (["command": ["true"], "secrets": ["A": "x"], "environment": ["A": "y"]], "secrets.A"),
            (["tasks": [["command": ["true"], "secrets": ["MARTLET_X": "x"]]]], "tasks[0].secrets.MARTLET_X"),
        ] as [(JSONValue, String)] {
            do {
                _ = try Job(parsing: document)
                Issue.record("taken: \(document)")
            } catch {
                #expect(error.problems.map(\.field) == [field])
                #expect(!error.description.contains("my pass word"))
            }
        }
    }

    @Test func `a job file may come before its secret, and the report names it`() async throws {
        let directory = engine.directory.appending(path: "jobs.d")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: directory.appending(path: "dump.yaml"))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let jobs = JobDirectory(path: directory.path, control: control, logger: logger) { _ in Self.dump }
        let first = try await jobs.reload()
        #expect(first.stored == ["dump"] && first.problems.isEmpty)
        #expect(first.warnings["dump.yaml"]?.contains("secrets.PGPASSWORD: there is no stored secret prod-db") == true)
        #expect(await refusal { _ = try await run("dump") }?.code == .conflict)
        #expect(try await jobs.reload().warnings.count == 1)
        try await store("prod-db", "correct horse")
        #expect(try await jobs.reload().warnings.isEmpty)
        #expect(try await run("dump").state == .succeeded)
    }
}
