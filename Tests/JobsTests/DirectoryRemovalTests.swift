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
        for name in Self.files { try Data().write(to: kept.appending(path: name)) }
        let allocation = UUID().uuidString
        let folders = ["", "/t", "/t/local"].map { places.appending(path: allocation).path + $0 }
        try #require(Enemy.exchange != nil)
        let enemy = Enemy(folders: folders, kept: kept.path)
        async let swapped: Void = enemy.work()
        let directories = AllocationDirectories(root: places.path)
        let deadline = ContinuousClock.now + .seconds(2)
        var removals = 0
        while ContinuousClock.now < deadline {
            // It cannot be done for as long as new things come.
            if (try? directories.remove(allocation)) != nil { removals += 1 }
            #expect(Self.isWhole(kept.path))
        }
        enemy.end()
        await swapped
        try AllocationDirectories(root: places.path).remove(allocation)
        #expect(!FileManager.default.fileExists(atPath: places.appending(path: allocation).path))
        #expect(Self.isWhole(kept.path) && removals > 0)
    }

    /// Lets a directory with something in it and a link change places, as fast as it can, for as long as it may.
    private final class Enemy: Sendable {
        typealias RenameAt2 =
            @convention(c) (
                Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
            ) -> Int32
        /// RENAME_EXCHANGE
        private static let both: UInt32 = 2

        /// Both change places in one call: between two renames the enemy would hardly ever be quick enough.
        static var exchange: RenameAt2? {
            dlsym(dlopen(nil, RTLD_NOW), "renameat2").map { unsafeBitCast($0, to: RenameAt2.self) }
        }

        private let folders: [String]
        private let kept: String
        private let isOver = Atomic(false)

        /// `folders`: each in the one before.
        init(folders: [String], kept: String) { (self.folders, self.kept) = (folders, kept) }

        func end() { isOver.store(true, ordering: .relaxed) }

        func work() async {
            guard let local = folders.last else { return }
            let (directory, link) = (local + "/d", local + "/link")
            guard let exchange = Self.exchange else { return }
            while !isOver.load(ordering: .relaxed) {
                for folder in folders + [directory, directory + "/e"] { mkdir(folder, 0o700) }
                symlink(kept, link)
                while exchange(AT_FDCWD, directory, AT_FDCWD, link, Self.both) == 0,
                    !isOver.load(ordering: .relaxed)
                {}
            }
        }
    }

    private static let files = Set((0..<20).map(String.init))

    /// The enemy may have put more there by its own link.
    private static func isWhole(_ path: String) -> Bool {
        files.isSubset(of: (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
    }
}
