import Foundation
import MartletCore
import Testing

/// What the documents tell people to type works, and both languages tell the same.
@Suite struct ReadmeTests {
    private let english: Markdown
    private let chinese: Markdown

    init() throws {
        english = try Markdown("README.md")
        chinese = try Markdown("README.zh-CN.md")
    }

    @Test func `both READMEs have the same commands, headings and tables`() {
        #expect(english.commands == chinese.commands)
        #expect(english.headings.map(\.level) == chinese.headings.map(\.level))
        #expect(english.blocks.map(\.language) == chinese.blocks.map(\.language))
        #expect(english.prose.count { $0.hasPrefix("|") } == chinese.prose.count { $0.hasPrefix("|") })
    }

    @Test func `every link leads to a file and a heading`() throws {
        for document in try Markdown.all() {
            let folder = (document.path as NSString).deletingLastPathComponent
            for link in document.links {
                let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let target = parts[0].isEmpty ? document.path : (folder as NSString).appendingPathComponent(parts[0])
                let url = Markdown.root.appending(path: target).standardizedFileURL
                #expect(FileManager.default.fileExists(atPath: url.path), "\(document.path): \(link)")
                guard parts.count == 2 else { continue }
                let anchors = try Markdown(target).anchors
                #expect(anchors.contains(parts[1].removingPercentEncoding ?? ""), "\(document.path): \(link)")
            }
        }
    }

    @Test func `every make target of the README exists and is listed by make help`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let help = try await shell.run("make help", in: Markdown.root)
        #expect(help.status == 0)
        #expect(english.makeTargets.contains("run") && english.makeTargets.contains("test"))
        for target in english.makeTargets {
            #expect(help.output.contains("make \(target) "), "\(target)")
            let plan = try await shell.run("make -n \(target)", in: Markdown.root)
            #expect(plan.status == 0, "\(plan.output)")
        }
    }

    @Test func `every setting is documented with its variable and its default`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let result = try await shell.run("martlet config --json")
        let settings = try JSONParser.parse(Array(result.output.utf8)).object?["settings"]?.array ?? []
        #expect(settings.count > 10, "\(result.output)")
        let rows = try Markdown("docs/configuration.md").table(startingWith: "Key")
        let example = try String(contentsOf: Markdown.root.appending(path: "examples/martlet.yaml"), encoding: .utf8)
        for setting in settings.compactMap(\.object) {
            let key = try #require(setting["key"]?.string)
            let row = try #require(rows.first { $0[0] == "`\(key)`" }, "\(key)")
            #expect(row[1] == "`\(setting["environment"]?.string ?? "")`", "\(key)")
            let leaf = String(key.split(separator: ".").last ?? "")
            #expect(example.contains("\(leaf):"), "\(key)")
            guard let value = setting["value"]?.string, !value.isEmpty, !value.hasPrefix("/") else { continue }
            #expect(row[2] == "`\(value)`", "\(key)")
        }
        #expect(rows.count == settings.count + 2, "a row too many")
    }

    @Test func `every command is documented`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let help = try await shell.run("martlet --help")
        let names = help.output.matches(of: /(?m)^  ([a-z]+) {2,}/).map { String($0.output.1) }
        #expect(names.contains("serve") && names.contains("doctor"), "\(help.output)")
        let rows = try Markdown("docs/cli.md").prose.filter { $0.hasPrefix("| `") }.joined(separator: "\n")
        for name in names { #expect(rows.contains("`\(name)"), "\(name)") }
    }

    @Test func `every code of a problem is documented with its status`() throws {
        let source = try String(
            contentsOf: Markdown.root.appending(path: "Sources/MartletHTTP/OpenAPI/ProblemCode.swift"), encoding: .utf8)
        let titles = source.split(separator: "var title: String").last.map(String.init) ?? ""
        let codes = titles.matches(of: /case \.(\w+):/).map { "`\($0.output.1)`" }
        let documented = try Markdown("docs/api.md").table(startingWith: "`code`").compactMap(\.first)
        #expect(codes.count > 10)
        #expect(Set(documented.filter { $0.hasPrefix("`") && $0 != "`code`" }) == Set(codes))
    }

    @Test func `the driver protocol of the READMEs is the one in the code`() throws {
        let source = try String(
            contentsOf: Markdown.root.appending(path: "Sources/MartletCore/Driver.swift"), encoding: .utf8)
        let members = source.split(separator: "\n").filter { !$0.contains("///") }.prefix { $0 != "extension Driver {" }
        for document in [english, chinese] {
            let block = document.blocks.first { $0.text.contains("protocol Driver") }?.text ?? ""
            #expect(block.split(separator: "\n") == Array(members), "\(document.path)")
        }
    }

    @Test func `every key of the task file is documented`() throws {
        let keys = try Markdown("docs/scripts.md").table(startingWith: "Key").compactMap { $0.first }
        let source = try ["TaskFile/TaskEntry.swift", "TaskFile/LegacyYAML.swift"].map {
            try String(contentsOf: Markdown.root.appending(path: "Sources/Integrations/Scripts/\($0)"), encoding: .utf8)
        }.joined()
        let read = source.matches(of: #/fields\.\w+\("(\w+)"/#).map { String($0.output.1) }
        #expect(read.contains("timeout") && read.contains("when_busy"))
        for key in Set(read) where key != "onDisconnect" { #expect(keys.contains("`\(key)`"), "\(key)") }
    }

    @Test func `the sample task file is valid`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let check = try await shell.run("martlet scripts check examples/external-tasks.yaml", in: Markdown.root)
        #expect(check.status == 0 && !check.output.contains("warning"), "\(check.output)")
    }

    @Test func `make run calls the sample task and shows the log of the sample job`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let plan = try await shell.run("make -n run", in: Markdown.root)
        #expect(plan.output.contains("scripts/run-sample"))
        let sample = try await shell.run(
            "scripts/run-sample", in: Markdown.root,
            environment: [
                "MARTLET_RUN_ONCE": "1", "MARTLET_LISTEN": "127.0.0.1:0", "MARTLET_BIN": Shell.binaries,
                "MARTLET_DATA_DIR": shell.directory.appending(path: "data").path,
            ])
        #expect(sample.status == 0, "\(sample.output)")
        let texts = [
            "listening on http://127.0.0.1:", "/tendb-cluster/demo1 -d '[\"123\", \"456\"]'",
            #"{"code":0,"data":"hello aaa bbb 123 456","msg":""}"#, "step 1 of 5", "step 5 of 5", "Done.", "succeeded",
        ]
        for text in texts {
            #expect(sample.output.contains(text), "\(text) is missing in \(sample.output)")
        }
    }

    @Test func `the commands for a running server do what the README says`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        try FileManager.default.createDirectory(
            at: shell.directory.appending(path: ".build"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: shell.directory.appending(path: ".build/debug").path, withDestinationPath: Shell.binaries)
        let commands = english.session.joined(separator: "\n").replacing("127.0.0.1:8080", with: "$address")
            .replacing("wait=30", with: "wait=300")
        let result = try await shell.run(Self.startServer + commands + "\n" + Self.examples)
        #expect(result.status == 0, "\(result.output)")
        let texts = [
            #""data":"hello aaa bbb 123 456""#, #""done":false"#, #""status":"killed""#, "step 5 of 5", "working",
            #""status":"success","total_task":1"#, "Successfully loaded path /data-datalake", #""state":"cancelled""#,
            "readme commands are through",
        ]
        for text in texts {
            #expect(result.output.contains(text), "\(text) is missing in \(result.output)")
        }
    }

    /// As `make run` starts it, but on a free port; `address` is where it listens.
    private static let startServer = """
        set -euo pipefail
        touch server.out
        export MARTLET_CACHE_LOAD_BIN=\(Markdown.root.path)/examples/goosefs/goosefs GOOSEFS_STANDIN="$PWD/standin"
        martlet serve --config \(Markdown.root.path)/examples/martlet.yaml --data-dir martlet-data \\
            --external-task-config \(Markdown.root.path)/examples/external-tasks.yaml \\
            --listen 127.0.0.1:0 --stop-runs > server.out 2> server.err &
        server=$!
        trap 'kill -TERM $server; wait $server' EXIT
        for _ in {1..3000}; do
            address=$(sed -n 's#^listening on http://##p' server.out)
            [ -z "$address" ] || break
            kill -0 $server || { cat server.err; exit 1; }
            sleep 0.1
        done
        # A pause is for what was started to end, which takes a busy machine longer.
        sleep() {
            command sleep "$1"
            for _ in {1..1000}; do
                if curl -fsS -H "Authorization: Bearer $(cat martlet-data/admin.token)" \\
                    "http://$address/api/runs?state=pending,running,stopping" | grep -q '"items":\\[\\]'; then
                    return
                fi
                command sleep 0.1
            done
        }
        set -x

        """

    /// The examples that the README does not run itself.
    private static let examples = """
        call "$url/api/jobs/nightly" > /dev/null
        call "$url/api/runs" -H 'Prefer: wait=300' -d "{\\"job\\": \\"nightly\\", \\"params\\":
            {\\"source\\": \\"/etc/apt\\", \\"target\\": \\"$PWD/kept\\"}}" | grep '"state":"succeeded"'
        ls kept/*.tgz
        echo readme commands are through
        """

    @Test func `every vulnerability that the page on threats names has a test, and the other way round`() throws {
        func names(_ text: String) -> Set<String> { Set(text.matches(of: /CVE-\d{4}-\d+/).map { String($0.output) }) }
        let page = try names(String(contentsOf: Markdown.root.appending(path: "docs/threat-model.md"), encoding: .utf8))
        let tests = Markdown.root.appending(path: "Tests")
        let files = try #require(FileManager.default.subpaths(atPath: tests.path)).filter { $0.hasSuffix(".swift") }
        let tested = try files.reduce(into: Set<String>()) { found, file in
            found.formUnion(names(try String(contentsOf: tests.appending(path: file), encoding: .utf8)))
        }
        #expect(page.count >= 20)
        #expect(page == tested)
    }
}
