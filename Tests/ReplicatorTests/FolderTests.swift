import Foundation
import SQLClient
import Testing

@testable import Replicator

/// The folder that a job's processes share.
@Suite struct FolderTests {
    @Test func `who waits for a lock while the folder is removed gets one of a new folder`() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "folder-\(UUID().uuidString)")
        let aside = url.path + "-gone"
        defer {
            try? FileManager.default.removeItem(at: url)
            try? FileManager.default.removeItem(atPath: aside)
        }
        let folder = try JobFolder(url)
        let path = url.appending(path: "source.lock").path
        let remover = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        #expect(flock(remover, LOCK_EX | LOCK_NB) == 0)
        let result = Monitor<Result<Void, any Error>?>(nil)
        let thread = OwnThread("claim") {
            let claimed = Result { try folder.claim(.source) }
            result.withLock { $0 = claimed }
        }
        // It has tried at least once; what was opened is of the old folder.
        usleep(60_000)
        #expect(rename(url.path, aside) == 0)
        close(remover)
        thread.join()
        try result.withLock { $0 }?.get()
        let other = open(path, O_RDWR | O_CLOEXEC)
        defer { close(other) }
        #expect(other >= 0 && flock(other, LOCK_EX | LOCK_NB) != 0, "the lock with the name is held")
    }

    @Test func `a file that was moved or replaced is not at its path any more`() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "file-\(UUID().uuidString)")
        defer { for path in [url.path, url.path + "-gone"] { try? FileManager.default.removeItem(atPath: path) } }
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        #expect(JobFolder.isAt(url.path, descriptor))
        #expect(rename(url.path, url.path + "-gone") == 0)
        #expect(!JobFolder.isAt(url.path, descriptor))
        try Data().write(to: url)
        #expect(!JobFolder.isAt(url.path, descriptor))
    }

    @Test func `a role that is claimed while the folder is removed is held by a lock that has its name`() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "folders-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for round in 0..<150 {
            let url = root.appending(path: "\(round)")
            let folder = try JobFolder(url)
            let path = url.appending(path: "source.lock").path
            let remover = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            try #require(flock(remover, LOCK_EX | LOCK_NB) == 0)
            let hasBegun = Monitor(false)
            let result = Monitor<Result<Void, any Error>?>(nil)
            let thread = OwnThread("claim") {
                hasBegun.withLock { $0 = true }
                let claimed = Result { try folder.claim(.source) }
                result.withLock { $0 = claimed }
            }
            while !hasBegun.withLock({ $0 }) {}
            for _ in 0..<(round * 12) { _ = hasBegun.withLock { $0 } }
            try #require(rename(url.path, url.path + "-gone") == 0)
            close(remover)
            thread.join()
            try result.withLock { $0 }?.get()
            let other = open(path, O_RDWR | O_CLOEXEC)
            defer { close(other) }
            try #require(other >= 0 && flock(other, LOCK_EX | LOCK_NB) != 0, "round \(round)")
        }
    }

    @Test func `a second process of a role is refused`() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "folder-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        let folder = try JobFolder(url)
        try folder.claim(.target)
        #expect(throws: (any Error).self) { try folder.claim(.target) }
        try folder.claim(.verify)
    }
}
