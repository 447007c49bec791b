import Foundation
import MartletCore
import Testing

@testable import Scripts

/// docs/adding-a-task.md against the code it tells people to write.
@Suite struct AddingTaskPageTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    private static let root = tests.deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Bodies of the page's Swift blocks, in order.
    private static func blocks() throws -> [String] {
        try text("docs/adding-a-task.md").components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
    }

    private static func task(_ body: String) throws -> FreeSpace { try FreeSpace(body: Array(body.utf8)) }

    @Test func `the task of the page is the one that is compiled here`() throws {
        let file = try Self.text("Tests/ScriptsTests/AddedTask.swift")
        #expect(try Self.blocks().first == file.replacing("@testable import Scripts\n", with: ""))
    }

    @Test func `the line that the page adds looks like the lines of the list`() throws {
        let source = try Self.text("Sources/Integrations/Scripts/BuiltIn/BuiltInTask.swift")
        let opening = try #require(source.firstMatch(of: #/package let builtInTasks: .*\[\n/#)).output
        let list = source.components(separatedBy: opening)[1].prefix { $0 != "]" }
        #expect(list.split(separator: "\n").allSatisfy { $0.wholeMatch(of: #/ {4}\w+\.self,?/#) != nil }, "\(list)")
        let blocks = try Self.blocks()
        #expect(blocks.count == 2)
        #expect(blocks.last == "    FreeSpace.self,\n")
    }

    @Test func `the places that the page names are there`() throws {
        let page = try Self.text("docs/adding-a-task.md")
        for path in ["Sources/Integrations/Scripts/BuiltIn", "Sources/Integrations/Scripts/BuiltIn/BuiltInTask.swift"] {
            #expect(page.contains(path), "\(path)")
            #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: path).path), "\(path)")
        }
        #expect(page.contains("/\(FreeSpace.path)"), "\(FreeSpace.path)")
    }

    @Test(arguments: ["", "[]", "5", "{\"percent\": 101}", "{\"percent\": \"ten\"}", "{\"paht\": \"/\"}"])
    func `a wrong argument is refused before anything is started`(_ body: String) {
        #expect(throws: ArgumentError.self) { try Self.task(body) }
    }

    @Test func `the task writes a line and answers`() async throws {
        let page = try Self.task("{\"path\": \"/\", \"percent\": 0}")
        let lines = Lines()
        let answer = try await page.run([:]) { lines.add($0) }
        #expect(lines.all.count == 1 && lines.all[0].hasPrefix("/: "))
        #expect(answer.wholeMatch(of: #/\/ has \d+ % free/#) != nil, "\(answer)")
    }

    @Test func `a shortage and a missing directory end it with an error`() async throws {
        let full = try Self.task("{\"path\": \"/\", \"percent\": 100}")
        let error = await #expect(throws: (any Error).self) { try await full.run([:]) { _ in } }
        #expect(error.map { "\($0)" } == "/ has less than 100 % free")
        let missing = try Self.task("{\"path\": \"/no/such/place\"}")
        await #expect(throws: (any Error).self) { try await missing.run([:]) { _ in } }
    }
}

/// What a task logged.
private final class Lines {
    private(set) var all: [String] = []
    func add(_ line: String) { all.append(line) }
}
