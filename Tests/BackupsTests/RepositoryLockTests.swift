import Foundation
import Synchronization
import Testing

@testable import Backups

/// Readers and writers of a repository.
@Suite struct RepositoryLockTests {
    /// What happened, in its order.
    private final class Ledger: Sendable {
        private let entries = Mutex<[String]>([])
        var all: [String] { entries.withLock { $0 } }
        func note(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    private func eventually(_ what: String, _ isTrue: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(300)
        while !isTrue() {
            try #require(ContinuousClock.now < deadline, "\(what)")
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// On a thread of its own: it blocks.
    private func wait(_ kind: RepositoryLock.Kind, _ path: String, _ name: String, _ ledger: Ledger) {
        Thread.detachNewThread {
            do {
                let lock = try RepositoryLock(kind, path, nil, isInherited: false)
                ledger.note(name)
                lock.release()
            } catch {
                ledger.note("\(error)")
            }
        }
    }

    private func isFree(_ path: String) -> Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) == 0
    }

    // backup contract §3.2, ask 4
    @Test func `who wants the repository for itself goes before readers that come later`() async throws {
        let folder = NSTemporaryDirectory() + "martlet-lock-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (path, ledger) = (folder + "/repo.lock", Ledger())
        let first = try RepositoryLock(.shared, path, nil, isInherited: false)
        wait(.shared, path, "beside", ledger)
        try await eventually("readers do not wait for each other") { ledger.all == ["beside"] }
        wait(.exclusive, path, "writer", ledger)
        try await eventually("the gate is closed") { !isFree(path + ".gate") }
        wait(.shared, path, "later", ledger)
        // The lock itself would have a reader.
        #expect(isFree(path) && ledger.all == ["beside"])
        first.release()
        try await eventually("all had their turn") { ledger.all.count == 3 }
        #expect(ledger.all == ["beside", "writer", "later"])
        let last = try RepositoryLock(.exclusive, path, nil, isInherited: false)
        last.release()
        // A child that another test is just starting here has the descriptor for a moment, too.
        try await eventually("both are free") { isFree(path) && isFree(path + ".gate") }
    }
}
