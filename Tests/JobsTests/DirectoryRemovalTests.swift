import Foundation
import Synchronization
import Testing

@testable import Jobs

/// Directories of allocations are taken away while somebody works against it.
@Suite struct DirectoryRemovalTests {
    @Test func `a link that takes the place of a directory meanwhile leads nowhere`() async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "removal-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let (places, kept) = (root.appending(path: "places"), root.appending(path: "kept"))
        try FileManager.default.createDirectory(at: places, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
        for number in 0..<20 { try Data().write(to: kept.appending(path: "\(number)")) }
        let allocation = UUID().uuidString
        let local = places.appending(path: "\(allocation)/t/local").path
        let enemy = Enemy(local: local, kept: kept.path)
        async let swapped: Void = enemy.work()
        let directories = AllocationDirectories(root: places.path)
        let start = ContinuousClock.now
        var removals = 0
        while ContinuousClock.now - start < Duration.seconds(removals > 0 ? 2 : 120) {
            // It cannot be done for as long as new things come.
            if (try? directories.remove(allocation)) != nil { removals += 1 }
            #expect(Self.count(kept.path) == 20)
        }
        enemy.end()
        await swapped
        try AllocationDirectories(root: places.path).remove(allocation)
        #expect(!FileManager.default.fileExists(atPath: places.appending(path: allocation).path))
        #expect(Self.count(kept.path) == 20 && removals > 0)
    }

    /// Puts a directory with something in it, then a link of its name, and again, for as long as it may.
    private final class Enemy: Sendable {
        private let local: String
        private let kept: String
        private let isOver = Atomic(false)

        init(local: String, kept: String) { (self.local, self.kept) = (local, kept) }

        func end() { isOver.store(true, ordering: .relaxed) }

        func work() async {
            while !isOver.load(ordering: .relaxed) { swap() }
        }

        private func swap() {
            try? FileManager.default.createDirectory(atPath: local + "/d/e", withIntermediateDirectories: true)
            symlink(kept, local + "/link")
            rename(local + "/d", local + "/aside")
            rename(local + "/link", local + "/d")
            unlink(local + "/d")
            rename(local + "/aside", local + "/d")
        }
    }

    private static func count(_ path: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: path).count) ?? 0
    }
}
