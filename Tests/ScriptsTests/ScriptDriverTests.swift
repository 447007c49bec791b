import Foundation
import MartletCore
import Testing

@testable import Scripts

@Suite struct ScriptDriverTests {
    private let driver = ScriptDriver(martlet: "/opt/martlet")
    private let hostile = ["$(id -u)", "a;b", "*", "`x`", "", "-e", "it's", "\"", "a\nb", "${params.x}"]

    private func argv(_ program: ScriptTask.Program, _ posted: [String], params: [String: JSONValue] = [:]) throws
        -> [String]
    {
        var task = ScriptTask(name: "n", clusterType: "C", program: program)
        task.params = params.mapValues { _ in ParamSpec() }
        let spec = try #require(task.job(ScriptSettings(collectDirectory: "")).tasks.first)
        let values = params.merging(["args": .array(posted.map(JSONValue.string))]) { $1 }
        return try driver.plan(
            TaskContext(
                address: TaskAddress(run: RunID(high: 0, low: 0), attempt: 1, task: 0), task: spec, jobName: nil,
                params: values))
    }

    @Test func `without posted values a shell gets exactly the text`() throws {
        #expect(
            try argv(.shell("sh", text: "echo hello aaa", arguments: .quoted), []) == ["sh", "-c", "echo hello aaa"])
    }

    @Test func `posted values are positional parameters and never text`() throws {
        let argv = try argv(.shell("bash", text: "echo", arguments: .quoted), hostile)
        #expect(argv == ["bash", "-c", "echo \"$@\"", "bash"] + hostile)
    }

    @Test func `raw joins posted values to the text`() throws {
        #expect(try argv(.shell("sh", text: "echo", arguments: .raw), ["$HOME", "x"]) == ["sh", "-c", "echo $HOME x"])
    }

    @Test func `other languages get every value as one argument`() throws {
        #expect(try argv(.argv(["python3", "/c/x.py", "1"]), hostile) == ["python3", "/c/x.py", "1"] + hostile)
    }

    @Test func `declared parameters fill fixed words and never posted ones`() throws {
        let argv = try argv(.argv(["x", "--days=${params.days}"]), ["${params.days}"], params: ["days": 7])
        #expect(argv == ["x", "--days=7", "${params.days}"])
    }

    @Test func `a built-in task is a process of our own program`() throws {
        #expect(try argv(.builtIn(name: "tendb-ha/counter"), []) == ["/opt/martlet", "task", "tendb-ha/counter"])
    }

    @Test func `success codes decide what is a good exit`() throws {
        var task = ScriptTask(name: "n", clusterType: "C", program: .argv(["x"]))
        task.successCodes = [0, 3]
        let spec = try #require(task.job(ScriptSettings(collectDirectory: "")).tasks.first)
        func outcome(_ code: Int32, timedOut: Bool = false) -> Outcome {
            let exit = TaskExit(ending: .exited(code: code), timedOut: timedOut, endedAt: Date())
            return driver.verdict(exit, of: spec, TaskReport()).outcome
        }
        #expect(outcome(3) == .ok && outcome(0) == .ok && outcome(1) == .exit)
        #expect(outcome(3, timedOut: true) == .timeout)
        task.successCodes = [3]
        let other = try #require(task.job(ScriptSettings(collectDirectory: "")).tasks.first)
        let exit = TaskExit(ending: .exited(code: 0), endedAt: Date())
        #expect(driver.verdict(exit, of: other, TaskReport()).outcome == .exit)
    }

    @Test(arguments: [
        JSONValue.object([:]), ["argv": []], ["argv": ["x"], "surprise": 1], ["argv": ["sh", "-c"]],
        ["argv": ["sh", "-c", "${params.x}"], "fill": true],
    ])
    func `a spec that is none is refused`(_ spec: JSONValue) {
        let context = TaskContext(
            address: TaskAddress(run: RunID(high: 0, low: 0), attempt: 1, task: 0),
            task: TaskSpec(name: "t", driver: "script", spec: spec), jobName: nil, params: [:])
        #expect(throws: MartletError.self) { try driver.plan(context) }
    }
}
