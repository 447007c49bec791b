import Foundation
import Logging
import MartletCore
import Testing

@testable import Scripts

@Suite struct TaskLoaderTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "loader-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    private func write(_ text: String, _ name: String = "tasks.yaml") throws -> String {
        let path = directory.appending(path: name)
        try text.write(to: path, atomically: true, encoding: .utf8)
        return path.path
    }

    private func loader(_ file: String?) -> TaskLoader {
        TaskLoader(
            settings: ScriptSettings(tasksFile: file, collectDirectory: directory.path + "/collect"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static let good = "- {name: a, cluster_type: C, command: [echo]}\n"
    private static let bad = "- {name: b, cluster_type: C, language: ruby, executable: x, collected: false}\n"

    @Test func `a bad file keeps the tasks and the settings they were read under`() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = try write(Self.good)
        let loader = loader(file)
        try loader.start()
        _ = try write(Self.bad)
        var settings = loader.current.settings
        settings.user = "nobody"
        settings.environment = ["NEW": "1"]
        let error = try #require(loader.reload(settings))
        #expect(error.problems.first?.problem.contains("line 1: C/b: language") == true, "\(error)")
        #expect(loader.current.catalog.entry(at: "c/a") != nil)
        #expect(loader.current.settings.user == nil && loader.current.settings.environment == [:])
        _ = try write(Self.good + "- {name: c, cluster_type: C, command: [echo]}\n")
        loader.reloadIfChanged()
        #expect(loader.current.problems.isEmpty && loader.current.catalog.entry(at: "c/c") != nil)
        #expect(loader.current.settings.user == "nobody")
    }

    @Test func `the first load must be good`() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(throws: MartletError.self) { try loader(try write(Self.bad)).start() }
        #expect(throws: MartletError.self) { try loader(directory.path + "/none").start() }
        #expect(throws: Never.self) { try loader(nil).start() }
    }

    @Test func `only a small UTF-8 file is read, and nothing is waited for`() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let pipe = directory.path + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        for (path, text) in [(pipe, "is no file"), (directory.path, "is no file"), ("/dev/zero", "is no file")] {
            #expect(
                TaskFile(path: path, collectDirectory: "/c").problems.first?.problem.contains(text) == true, "\(path)")
        }
        let large = try write("# " + String(repeating: "x", count: 1 << 20))
        #expect(TaskFile(path: large, collectDirectory: "/c").problems.first?.problem.contains("1 MiB") == true)
        let latin = directory.appending(path: "latin.yaml")
        try Data([0x2D, 0x20, 0xE4, 0x0A]).write(to: latin)
        #expect(TaskFile(path: latin.path, collectDirectory: "/c").problems.first?.problem.contains("UTF-8") == true)
    }

    @Test func `a file of a megabyte is read in its time, and its problems have an end`() {
        defer { try? FileManager.default.removeItem(at: directory) }
        let items = (0..<14_000).map { "- {name: n\($0), cluster_type: C, command: [x]}\n" }.joined()
        #expect(TaskFile(text: items, collectDirectory: "/c").tasks.count == 14_000)
        let keys = (0..<80_000).map { "k\($0): 1" }.joined(separator: ", ")
        #expect(TaskFile(text: "- {\(keys)}\n", collectDirectory: "/c").problems.count <= 51)
        let bad = String(repeating: Self.bad, count: 5000)
        #expect(TaskFile(text: bad, collectDirectory: "/c").problems.count <= 102)
    }
}
