import Foundation
import MartletCore
import Testing

@testable import Scripts

/// The rows of bad configurations are those of contract §1.18.
@Suite struct TaskFileTests {
    static func file(_ text: String, collect: String = "/nonexistent/collect") -> TaskFile {
        TaskFile(text: text, collectDirectory: collect)
    }

    private static func item(_ changes: [String: String?]) -> String {
        let keys = ["name": "n", "cluster_type": "C", "language": "sh", "executable": "echo", "collected": "false"]
        let lines = keys.merging(changes.compactMapValues { $0 }) { $1 }.filter { changes[$0.key] != .some(nil) }
        return "-" + lines.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)\n" }.joined().dropFirst()
    }

    @Test(arguments: ["", "[]", "# nothing\n", "---\n"]) func `an empty file has no tasks and is fine`(_ text: String) {
        let file = Self.file(text)
        #expect(file.tasks.isEmpty && file.problems.isEmpty)
    }

    @Test func `the document's file is read`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../examples/external-tasks.yaml"
        )
        .standardizedFileURL.path
        let file = TaskFile(path: path, collectDirectory: (path as NSString).deletingLastPathComponent + "/collect")
        #expect(file.problems == [] && file.warnings == [])
        #expect(file.tasks.prefix(5).map(\.name) == ["demo1", "demo2", "demo3", "demopython", "demoperl"])
        #expect(file.tasks[0].program == .shell("sh", text: "echo hello aaa bbb", arguments: .quoted))
    }

    @Test(arguments: [
        ("name", nil, "is required"), ("name", "\"\"", "must not be blank"), ("name", "\"  \"", "must not be blank"),
        ("cluster_type", nil, "is required"), ("language", nil, "is required"), ("executable", nil, "is required"),
        ("collected", nil, "is required"), ("language", "ruby", "expected one of"),
        ("collected", "\"true\"", "expected true or false"), ("collected", "maybe", "expected true or false"),
        ("args", "aaa", "expected a list"), ("executable", "\" \"", "must not be blank"),
        ("name", "root", "can't be 'root'"), ("name", "\"*all\"", "must not contain *"),
        ("name", "\":p\"", "must not contain :"), ("name", "a/b", "must not contain /"),
        ("cluster_type", "API", "beginning of another path"), ("cluster_type", "sync", "beginning of another path"),
        ("surprise", "1", "unknown key"), ("when_busy", "reject", "needs concurrency"),
        ("queue_max", "3", "needs concurrency"), ("success_codes", "[256]", "exit codes from 0 to 255"),
        ("timeout", "soon", "expected a time span"), ("env", "{MARTLET_X: 1}", "set by the server"),
        ("cwd", "here", "absolute path"), ("params", "{args: {}}", "is the name of the posted list"),
        ("shell_args", "maybe", "expected one of"),
    ])
    func `a wrong key is named with its line and its fix`(_ key: String, _ value: String?, _ text: String) throws {
        let file = Self.file("# first line\n" + Self.item([key: value]))
        let problem = try #require(
            file.problems.first { $0.field == key || $0.field.hasPrefix("\(key).") }, "\(file.problems)")
        #expect(problem.problem.contains(text), "\(problem)")
        #expect(problem.line >= 2)
        #expect(file.tasks.isEmpty)
    }

    @Test(arguments: [
        "name: x", "just text", "- \n", "-\tname: x", "- a\n- b", "{", "- name: [", "--- \n[]\n---\n[]\n", "- *alias",
        "- name: a\n  name: b\n",
    ])
    func `what is no list of tasks is refused with a line`(_ text: String) throws {
        let problem = try #require(Self.file(text).problems.first, "accepted: \(text)")
        #expect(problem.line > 0)
    }

    @Test func `every error of a file is told at once`() {
        let file = Self.file(
            Self.item(["language": "ruby"]) + Self.item(["name": "b", "collected": nil])
                + Self.item(["name": "c", "executable": "/bin/x", "collected": "true"]) + Self.item(["name": "d"]))
        #expect(file.problems.map(\.field) == ["language", "collected", "executable"])
        #expect(file.problems.map(\.task) == ["C/n", "C/b", "C/c"])
        #expect(Set(file.problems.map(\.line)).count == 3)
        #expect(file.problems[2].problem.contains("absolute path not allowed"))
    }

    @Test(arguments: [("demo-1", "demo_1"), ("TendbHA", "tendb_ha"), ("same", "same")])
    func `two tasks with one path are refused, and both are named`(_ one: String, _ other: String) throws {
        let file = Self.file(Self.item(["name": one]) + Self.item(["name": other]))
        let problem = try #require(file.problems.first)
        #expect(problem.problem.contains("C/\(one)") && problem.problem.contains("line 1"), "\(problem)")
    }

    /// CVE-2025-50946 and its kin: no way leads from outside into a shell's text.
    @Test(arguments: [
        "{name: n, cluster_type: C, command: [sh, -c, 'echo ${params.who}'], params: {who: {}}}",
        "{name: n, cluster_type: C, command: [/bin/bash, -ec], args: ['x ${params.who}'], params: {who: {}}}",
        "{name: n, cluster_type: C, language: binary, executable: sh -c, collected: false}",
        "{name: n, cluster_type: C, command: [bash, -c]}",
        "{name: n, cluster_type: C, language: sh, executable: 'echo ${params.who}', collected: false, params: {who: {}}}",
    ])
    func `neither a parameter nor a posted value can become a shell's script`(_ item: String) throws {
        let problem = try #require(Self.file("- \(item)").problems.first, "accepted: \(item)")
        #expect(problem.problem.contains("shell"), "\(problem)")
    }

    @Test func `a task may not take a built-in task's path`() {
        let file = Self.file(Self.item(["name": "counter", "cluster_type": "TendbHA"]))
        #expect(file.problems.first?.problem.contains("built-in") == true)
    }

    @Test func `values are taken as they are written`() throws {
        let file = Self.file(
            Self.item(["name": "123", "args": "[1, 2.50, true, null, 0x10]", "language": "binary", "collected": "no"]))
        #expect(file.problems == [])
        let task = try #require(file.tasks.first)
        #expect(task.name == "123")
        #expect(task.program == .argv(["echo", "1", "2.50", "true", "", "0x10"]))
    }
}
