import Foundation
import Logging
import MartletCore
import Testing

@testable import Jobs

/// Folders of replications whose jobs are gone.
@Suite struct ReplicationRemovalTests {
    /// Nobody has written a key.
    private struct NoKeys: CheckpointStore {
        func entry(_ key: String, _ wait: CheckpointWait?) async throws -> Indexed<CheckpointEntry?> { Indexed(nil, 1) }
        func entries(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[CheckpointEntry]> {
            Indexed([], 1)
        }
        func keys(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[String]> { Indexed([], 1) }
        func put(_ key: String, _ value: [UInt8], flags: UInt64, ifIndex: Int64?) async throws -> Bool { true }
        func delete(_ key: String, ifIndex: Int64?) async throws -> Bool { true }
        func delete(under prefix: String) async throws {}
    }

    private let root = FileManager.default.temporaryDirectory.appending(path: "folders-\(UUID().uuidString)")

    private func folder(_ job: String, age: TimeInterval = 7200) throws -> ReplicationFolder {
        let url = root.appending(path: ReplicationFolder.name(of: job))
        try FileManager.default.createDirectory(
            at: url.appending(path: "spool"), withIntermediateDirectories: true)
        try Data("binlog".utf8).write(to: url.appending(path: "spool/1"))
        try make(url.path, age: age)
        return ReplicationFolder(url.path)
    }

    private func make(_ path: String, age: TimeInterval) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
    }

    private func caring(until isDone: () -> Bool) async throws {
        let care = ReplicationCare(
            directory: root.path, desk: ReplicationDesk(), keys: NoKeys(), jobs: { ["known"] },
            logger: Logger(label: "test"))
        let work = Task { try await care.run() }
        defer { work.cancel() }
        let deadline = ContinuousClock.now + .seconds(300)
        while !isDone() {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func isThere(_ folder: ReplicationFolder) -> Bool { FileManager.default.fileExists(atPath: folder.path) }

    @Test func `only what nobody knows, holds or has touched lately is removed`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let (known, recent, held) = (try folder("known"), try folder("recent", age: 60), try folder("held"))
        let lock = open(held.path + "/source.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        try make(held.path, age: 7200)
        let leftover = root.appending(path: ReplicationFolder.gone + "0123456789abcdef")
        try FileManager.default.createDirectory(at: leftover, withIntermediateDirectories: true)
        let stranger = root.appending(path: "orders-copy")
        try FileManager.default.createDirectory(at: stranger, withIntermediateDirectories: true)
        try make(stranger.path, age: 7200)
        let link = root.appending(path: "00000000000000aa").path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: stranger.path)
        // The last in the order of names: the others were looked at before it goes.
        let last = try #require(
            (0..<1000).map { "gone-\($0)" }.max { ReplicationFolder.name(of: $0) < ReplicationFolder.name(of: $1) })
        let gone = try folder(last)
        try #require(ReplicationFolder.name(of: last) > ReplicationFolder.name(of: "held"))
        // Its name goes first, then what was in it.
        func leftovers() -> [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: root.path))?.filter { $0.hasPrefix(".") } ?? []
        }
        try await caring { !isThere(gone) && leftovers().isEmpty }
        #expect(isThere(known) && isThere(recent) && isThere(held))
        #expect(FileManager.default.fileExists(atPath: held.path + "/spool/1"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: stranger.path) == [])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == stranger.path)
    }

    @Test func `a process that asks where nobody lived any more is answered at once`() async throws {
        defer { try? FileManager.default.removeItem(at: root) }
        let folder = try folder("known")
        let first = ReplicationFolder.Question(job: "known", pid: getpid(), nonce: "1")
        try folder.ask(first)
        try make(folder.path, age: 10)
        let second = ReplicationFolder.Question(job: "known", pid: getpid(), nonce: "2")
        let begun = ContinuousClock.now
        var asked = false
        try await caring {
            if !asked, folder.answer(to: first) != nil, ContinuousClock.now - begun > .seconds(3) {
                asked = (try? folder.ask(second)) != nil
            }
            return folder.answer(to: second) != nil
        }
    }
}
