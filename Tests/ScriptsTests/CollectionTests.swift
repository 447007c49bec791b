import Foundation
import MartletCore
import Testing

@testable import Scripts

@Suite struct CollectionTests {
    /// A collect directory with a file beside it.
    private func directories() throws -> (root: URL, collection: Collection) {
        let root = FileManager.default.temporaryDirectory.appending(path: "collect-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: root.appending(path: "collect/sub"), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: root.appending(path: "outside"))
        try Data("x".utf8).write(to: root.appending(path: "collect/sub/inside"))
        return (root, Collection(directory: root.appending(path: "collect").path))
    }

    private func isPlaced(_ word: String, in collection: Collection) -> Bool {
        if case .success = collection.place(word) { true } else { false }
    }

    @Test func `only what lies below the directory is a collected script`() throws {
        let (root, collection) = try directories()
        defer { try? FileManager.default.removeItem(at: root) }
        for word in ["sub/inside", "./sub/./inside", "new.sh", "..x", "sub/..."] {
            #expect(isPlaced(word, in: collection), "\(word)")
        }
        for word in ["/bin/sh", "../outside", "sub/../../outside", "..", "sub/.."] {
            #expect(!isPlaced(word, in: collection), "\(word)")
        }
    }

    @Test func `a link may lead to another place below the directory and nowhere else`() throws {
        let (root, collection) = try directories()
        defer { try? FileManager.default.removeItem(at: root) }
        let collect = root.appending(path: "collect")
        func link(_ name: String, _ target: String) throws {
            try FileManager.default.createSymbolicLink(
                atPath: collect.appending(path: name).path, withDestinationPath: target)
        }
        try link("good", "sub/inside")
        try link("bad", "../outside")
        try link("root", "/")
        #expect(isPlaced("good", in: collection))
        #expect(!isPlaced("bad", in: collection) && !isPlaced("root/bin/sh", in: collection))
    }

    @Test func `a link that is put there after the file was read is refused when it is called`() throws {
        let (root, collection) = try directories()
        defer { try? FileManager.default.removeItem(at: root) }
        let file = TaskFile(
            text: "- {name: n, cluster_type: C, language: sh, executable: later.sh, collected: true}",
            collectDirectory: collection.directory)
        let task = try #require(file.tasks.first)
        try task.checkPlace(in: collection.directory)
        try FileManager.default.createSymbolicLink(
            atPath: collection.directory + "/later.sh", withDestinationPath: root.path + "/outside")
        #expect(throws: MartletError.self) { try task.checkPlace(in: collection.directory) }
    }

    @Test func `what will not start is a warning, not an error`() throws {
        let (root, collection) = try directories()
        defer { try? FileManager.default.removeItem(at: root) }
        let file = TaskFile(
            text: """
                - {name: a, cluster_type: C, language: sh, executable: missing.sh, collected: true}
                - {name: b, cluster_type: C, language: binary, executable: sub/inside, collected: true}
                - {name: c, cluster_type: C, language: perl, executable: sub/inside, collected: true}
                """, collectDirectory: collection.directory)
        #expect(file.problems.isEmpty && file.tasks.count == 3)
        #expect(file.warnings.map(\.task) == ["C/a", "C/b"] && file.warnings.map(\.line) == [1, 2])
        #expect(file.warnings[0].problem.contains("does not exist") && file.warnings[1].problem.contains("chmod +x"))
    }

    @Test(arguments: [
        ("a/b.sh", "a/b.sh"), ("with space", "'with space'"), ("it's", "'it'\\''s'"), ("", "''"), ("$x", "'$x'"),
    ])
    func `a word is read back by the shell as it was`(_ word: String, _ quoted: String) {
        #expect(ShellWord.quoted(word) == quoted)
    }
}
