import Foundation
import MartletCore
import Testing

/// What is wrong with a task file is said before anything is served.
@Suite(.few) struct ScriptCheckTests {
    private static func item(_ text: String) -> String { "- {\(text)}\n" }
    private static let good = "name: a, cluster_type: t, language: sh, executable: echo, collected: false"

    /// A file, and words that its complaint must have.
    static let wrong: [(text: String, words: [String])] = [
        ("a: 1\n", ["list"]), ("text\n", ["list"]), ("- name: a\n\tx: 1\n", ["line 2"]),
        (item(good + ", args: text"), ["args"]), (item(good.replacing("false", with: "maybe")), ["collected"]),
        (item(good.replacing("collected: false", with: "collected: ''")), ["collected"]),
        (item("cluster_type: t, language: sh, executable: echo, collected: false"), ["name", "required"]),
        (item(good.replacing("name: a", with: "name: ''")), ["name", "required"]),
        (item(good.replacing("name: a", with: "name: '  '")), ["name"]),
        (item("name: a, language: sh, executable: echo, collected: false"), ["cluster_type", "required"]),
        (item("name: a, cluster_type: t, executable: echo, collected: false"), ["language", "required"]),
        (item("name: a, cluster_type: t, language: sh, collected: false"), ["executable", "required"]),
        (item(good.replacing("executable: echo", with: "executable: ' '")), ["executable"]),
        (item("name: a, cluster_type: t, language: sh, executable: echo"), ["collected", "required"]),
        (item(good.replacing("language: sh", with: "language: ruby")), ["language", "one of", "python", "binary"]),
        ("- \n", ["line 1"]), ("- 5\n", ["line 1"]),
        (
            item("name: a, cluster_type: t, language: sh, executable: /bin/echo, collected: true"),
            ["absolute path not allowed"]
        ),
        (item("name: a, cluster_type: t, language: sh, executable: ../echo, collected: true"), ["executable", ".."]),
        (
            item("name: a, cluster_type: t, language: sh, executable: a/../../echo, collected: true"),
            ["executable", ".."]
        ),
        (item(good) + item(good), ["t/a", "line 1", "line 2"]),
        (
            item(good.replacing("a,", with: "demo-1,")) + item(good.replacing("a,", with: "demo_1,")),
            ["demo-1", "demo_1"]
        ),
        (
            item(good.replacing("cluster_type: t", with: "cluster_type: TendbHA"))
                + item(good.replacing("cluster_type: t", with: "cluster_type: tendb_ha")), ["TendbHA/a", "tendb_ha/a"]
        ),
        (
            item("name: counter, cluster_type: TendbHA, language: sh, executable: echo, collected: false"),
            ["tendb-ha/counter"]
        ),
        (item(good.replacing("name: a", with: "name: root")), ["task name can't be 'root'"]),
        (item(good + ", colected: true"), ["colected"]),
        (item(good.replacing("name: a", with: "name: '*all'")), ["name"]),
        (item(good.replacing("name: a", with: "name: ':p'")), ["name"]),
        (item(good.replacing("name: a", with: "name: a/b")), ["name"]),
        (item("name: kill, cluster_type: /, language: sh, executable: echo, collected: false"), ["cluster_type"]),
        (item("name: kill, cluster_type: async, language: sh, executable: echo, collected: false"), ["cluster_type"]),
        (item(good + ", timeout: soon"), ["timeout"]), (item(good + ", concurrency: 0"), ["concurrency"]),
        (item(good + ", when_busy: reject"), ["when_busy"]), ("- {name: a, name: b}\n", ["name"]),
        ("--- []\n--- []\n", ["document"]),
    ]

    @Test(arguments: wrong.indices) func `a task file with a mistake stops the start`(_ index: Int) async throws {
        // contract §5 case 64, the rows of §1.18
        let (text, words) = Self.wrong[index]
        let ending = try await Site(text).serve()
        #expect(ending.code != 0, "\(text)")
        #expect(!ending.out.contains("listening on"), "\(text)")
        for word in words { #expect(ending.err.contains(word), "\(text): \(ending.err)") }
        #expect(!ending.err.contains("Fatal error"), "\(ending.err)")
    }

    @Test func `a cluster type that is the beginning of another path is refused`() async throws {
        // rulings on cluster types
        let types = [
            "async", "sync", "list", "ping", "metrics", "discovery", "api", "v1", "v2", "swagger", "hc", "ui", "API",
        ]
        let site = try Site(types.map { Fixtures.task("a", executable: "echo", in: $0) }.joined())
        let ending = try await site.end(["scripts", "check", site.tasks])
        #expect(ending.code == 1)
        for (index, type) in types.enumerated() {
            #expect(ending.err.contains("line \(5 * index + 2): \(type)/a: cluster_type: "), "\(type): \(ending.err)")
        }
    }

    @Test(arguments: ["", "[]\n", "# nothing\n", "null\n"]) func `an empty file serves the built-in tasks`(
        _ text: String
    ) async throws {
        // contract §1.18
        let list = try await ScriptServer(text).get("/list").text
        #expect(list.contains("/sync/tendb-ha/counter"))
    }

    @Test func `every mistake is told with its task, field and line`() async throws {
        // contract §5 case 65
        let site = try Site(
            """
            - name: one
              cluster_type: test
              language: ruby
              executable: echo
              collected: false
            - name: two
              cluster_type: test
              language: sh
              collected: false
            - name: three
              cluster_type: test
              language: sh
              executable: echo
              args: text
              collected: false

            """)
        let check = try await site.end(["scripts", "check", site.tasks])
        #expect(check.code == 1)
        let places = [
            ("line 3", "test/one", "language"), ("line 6", "test/two", "executable"), ("line 14", "test/three", "args"),
        ]
        let served = try await site.serve()
        #expect(served.code != 0)
        for err in [check.err, served.err] {
            let lines = err.split(separator: "\n")
            for (line, task, field) in places {
                #expect(
                    lines.contains { $0.contains(line) && $0.contains(task) && $0.contains(field) }, "\(field): \(err)")
            }
            for word in ["Fatal error", "Stack dump", " at /"] { #expect(!err.contains(word), "\(err)") }
        }
        try site.write(Fixtures.tasks)
        let good = try await site.end(["scripts", "check", site.tasks])
        #expect(good.code == 0, "\(good.err)")
        #expect(good.out.contains("/sync/tendb-cluster/demo-1\n"))
    }

}
