import Foundation
import GRDB
import MartletCore
import Synchronization
import Testing

@testable import MartletStore

@Suite struct Durability {
    let fixture: StoreFixture
    var store: SQLiteStore { fixture.store }
    init() throws { fixture = try StoreFixture() }

    @Test func `every commit is synced to disk`() async throws {
        #expect(try await store.synchronous() == 2)
    }

    @Test func `a writer is answered after its commit`() async throws {
        var configuration = Configuration()
        configuration.readonly = true
        // Opened before, so that it looks at once.
        let outside = try DatabaseQueue(path: fixture.databasePath, configuration: configuration)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask { [fixture] in
                    let id = try await fixture.insert(fixture.run())
                    return try await outside.read { db in
                        try Bool.fetchOne(db, sql: "SELECT 1 FROM runs WHERE id = ?", arguments: [id.blob]) ?? false
                    }
                }
            }
            for try await isVisible in group { #expect(isVisible) }
        }
    }

    @Test func `a failing operation fails alone`() async throws {
        let known = fixture.run()
        try await fixture.insert(known)
        let (fixture, store) = (fixture, store)
        let codes = await withTaskGroup(of: MartletError.Code?.self) { group in
            for number in 0..<60 {
                let run = number % 3 == 0 ? known : fixture.run()
                group.addTask {
                    await code { _ = try await store.insert([NewRun(run: run)], idempotency: nil) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == .conflict }.count == 20)
        #expect(codes.filter { $0 == nil }.count == 40)
        #expect(try await store.runs(RunQuery()).items.count == 41)
    }

    @Test func `when a commit fails everybody in it failed`() async throws {
        let store = store
        // A deferred violation, which only COMMIT finds.
        try await store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "CREATE TABLE broken (run BLOB REFERENCES runs (id) DEFERRABLE INITIALLY DEFERRED)")
        }
        let writer = GroupWriter(
            store.pool, audit: AuditChain(now: { Date() }), longest: .seconds(60), onCommit: { _ in }, onRollback: {},
            afterBatch: { _, _ in })
        // The database is held until all have queued up, so that they share one transaction.
        let gate = DispatchSemaphore(value: 0)
        store.pool.asyncWriteWithoutTransaction { _ in gate.wait() }
        let succeeded = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let done: Void? = try? await writer.write { scope in
                        try scope.db.execute(sql: "INSERT INTO store VALUES (?, x'00')", arguments: [number])
                        if number == 5 { try scope.db.execute(sql: "INSERT INTO broken VALUES (x'00')") }
                    }
                    return done != nil
                }
            }
            while writer.waiting < 8 { await Task.yield() }
            gate.signal()
            return await group.contains(true)
        }
        #expect(!succeeded)
        #expect(try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM store") } == 1)
        try await fixture.insert(fixture.run())
    }

    @Test func `who is refused for a change of the same transaction finds it stored`() async throws {
        let (store, fixture) = (store, fixture)
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "CREATE TABLE taken (x INTEGER)") }
        let writer = GroupWriter(
            store.pool, audit: AuditChain(now: { Date() }), longest: .seconds(60), onCommit: { _ in }, onRollback: {},
            afterBatch: { _, _ in })
        let (gate, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        store.pool.asyncWriteWithoutTransaction { _ in gate.wait() }
        let found = try await withThrowingTaskGroup(of: Int?.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    do {
                        try await writer.write { scope in
                            let count = try Int.fetchOne(scope.db, sql: "SELECT count(*) FROM taken")
                            guard count == 0 else { throw MartletError(.conflict, "it is taken") }
                            try scope.db.execute(sql: "INSERT INTO taken VALUES (1)")
                        }
                        return nil
                    } catch let error as MartletError where error.code == .conflict {
                        defer { end.signal() }
                        return try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM taken") }
                    }
                }
            }
            while writer.waiting < 2 { await Task.yield() }
            // The last one keeps the transaction open, up to when somebody was refused too early.
            group.addTask {
                try await writer.write { _ in _ = end.wait(timeout: .now() + 0.3) }
                return nil
            }
            while writer.waiting < 3 { await Task.yield() }
            gate.signal()
            return try await group.reduce(into: []) { $0.append($1) }.compactMap(\.self)
        }
        #expect(found == [1])
    }

    @Test func `a full disk is an error that passes`() async throws {
        try await fixture.insert(fixture.run())
        try await store.pool.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        let (fixture, store) = (fixture, store)
        let codes = await withTaskGroup(of: MartletError.Code?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await code {
                        _ = try await fixture.insert(fixture.run(labels: ["x": String(repeating: "y", count: 4000)]))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.contains(.unavailable))
        #expect(codes.allSatisfy { $0 == nil || $0 == .unavailable })
        let kept = codes.filter { $0 == nil }.count + 1
        try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await fixture.insert(fixture.run())
        #expect(try await store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM runs") } == kept + 1)
        #expect(fixture.seenEvents.count == kept + 1)
    }

    @Test func `a write in a cancelled task is done`() async throws {
        let fixture = fixture
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await fixture.insert(fixture.run())
        }
        task.cancel()
        let id = try await task.value
        #expect(try await store.run(id) != nil)
    }

    @Test func `events reach the feed in the order of their numbers`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [fixture] group in
            for _ in 0..<32 {
                group.addTask { for _ in 0..<20 { try await fixture.ended(fixture.run()) } }
            }
            try await group.waitForAll()
        }
        let numbers = fixture.seenEvents.map(\.number)
        #expect(numbers == Array(1...1920))
        #expect(try await store.eventRange() == 1...1920)
        #expect(try await store.events(of: nil, after: 0, limit: 5000) == fixture.seenEvents)
    }

    @Test func `the write ahead log is emptied when the store is closed`() async throws {
        for _ in 0..<10 { try await fixture.insert(fixture.run()) }
        try store.close()
        #expect(OwnerOnly.size(fixture.databasePath + "-wal") == 0)
        #expect(await code { try await fixture.insert(fixture.run()) } == .unavailable)
    }

    @Test func `nobody else may read the files`() async throws {
        try await fixture.insert(fixture.run())
        for name in ["martlet.db", "martlet.db-wal", "martlet.db-shm", "secret.key"] {
            let path = fixture.directory.appendingPathComponent(name).path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(name)")
        }
    }
}
