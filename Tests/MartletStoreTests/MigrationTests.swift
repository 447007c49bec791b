import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

@Suite struct Migrations {
    private static let extra = Migration(
        version: 5, sql: "CREATE TABLE extra (a INTEGER) STRICT; CREATE INDEX runs_extra ON runs (created_at);")

    private func fixtureDirectory(_ name: String) throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let dump = try #require(Bundle.module.url(forResource: name, withExtension: "sql", subdirectory: "Fixtures"))
        let queue = try DatabaseQueue(path: directory.appendingPathComponent("martlet.db").path)
        try queue.writeWithoutTransaction { try $0.execute(sql: String(contentsOf: dump, encoding: .utf8)) }
        try queue.close()
        return directory
    }

    @Test func `a database of schema 1 opens with its live runs`() async throws {
        let directory = try fixtureDirectory("v1")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try SQLiteStore(directory: directory)
        let live = try await store.liveRuns()
        #expect(live.map(\.state) == [.running, .stopping])
        #expect(live.first?.handle?.keeperPID == 4711)
        let ended = TaskExit(ending: .exited(code: 0), endedAt: StoreFixture.start, logBytes: 7)
        for run in live {
            let after = try await store.update(run.id) {
                Update(try $0.apply(.taskFinished(ended, Verdict(.ok)), at: StoreFixture.start))
            }
            #expect(after.state.isEnd)
        }
        let claimed = try await store.claim(limit: 9, within: DispatchLimits(runs: 9), at: .distantFuture)
        #expect(claimed.map(\.key) == ["lock"])
        #expect(try await store.events(of: claimed.first?.id, after: 0, limit: 9).count == 2)
        #expect(try await store.jobs(after: nil, limit: 9).map(\.version) == [2])
    }

    @Test func `a database of schema 2 opens with its live runs, schedules, tokens and jobs`() async throws {
        let directory = try fixtureDirectory("v2")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try SQLiteStore(directory: directory)
        let live = try await store.liveRuns()
        #expect(live.map(\.state) == [.running, .running] && live.map(\.key) == ["lock", nil])
        #expect(try await store.schedules(after: nil, limit: 9).map(\.schedule.name) == ["night"])
        #expect(try await store.nomadJob("echo1")?.status == .running)
        // It failed before anything went back to an older version by itself.
        let old = try await store.nomadDeployments(.job("web")).items
        #expect(old.map(\.mayRevert) == [false] && old.first?.groups["g"]?.autoRevert == true)
        let ended = TaskExit(ending: .exited(code: 0), endedAt: StoreFixture.start, logBytes: 0)
        for run in live {
            _ = try await store.update(run.id) {
                Update(try $0.apply(.taskFinished(ended, Verdict(.ok)), at: StoreFixture.start))
            }
        }
        let allocations = try await store.nomadAllocations(.job("echo1"), withHistory: false).items
        #expect(allocations.map(\.facts.clientStatus) == [.complete])
    }

    @Test func `runs that ended before hours were counted are counted by the migration`() async throws {
        let directory = try fixtureDirectory("v2")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try SQLiteStore(directory: directory)
        let hours = try await store.hours(since: .distantPast)
        #expect(hours.map(\.ended) == [[.failed: 1]] && hours.map(\.median) == [.milliseconds(160)])
    }

    @Test func `a database of schema 3 opens, and no run is counted twice for its hour`() async throws {
        let directory = try fixtureDirectory("v3")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try SQLiteStore(directory: directory)
        #expect(try await store.liveRuns().map(\.state) == [.running, .running])
        #expect(try await store.hours(since: .distantPast).map(\.ended) == [[.succeeded: 1, .failed: 3]])
        let page = FireTimePage(.distantPast ..< .distantFuture, limit: 9)
        #expect(try await store.fires(page).isEmpty)
    }

    @Test func `an older database is backed up and then migrated`() async throws {
        let fixture = try StoreFixture()
        let id = try await fixture.insert(fixture.run())
        try fixture.store.close()
        let store = try SQLiteStore(directory: fixture.directory, migrations: Schema.migrations + [Self.extra])
        #expect(try await store.run(id) != nil)
        try store.close()
        #expect(try version(of: fixture.databasePath) == 5)
        let backup = fixture.databasePath + ".before-v5"
        #expect(try version(of: backup) == 4)
        let mode = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try number("SELECT count(*) FROM runs", in: backup) == 1)
    }

    @Test func `a migration that fails changes nothing`() async throws {
        let fixture = try StoreFixture()
        try await fixture.insert(fixture.run())
        try fixture.store.close()
        let broken = Migration(version: 6, sql: "CREATE TABLE more (a INTEGER); SELECT nothing FROM nowhere;")
        #expect(throws: (any Error).self) {
            try SQLiteStore(directory: fixture.directory, migrations: Schema.migrations + [Self.extra, broken])
        }
        #expect(try version(of: fixture.databasePath) == 4)
        let store = try SQLiteStore(directory: fixture.directory)
        #expect(try await store.runs(RunQuery()).items.count == 1)
    }

    @Test func `a newer database is refused and left as it is`() async throws {
        let fixture = try StoreFixture()
        try fixture.store.close()
        try SQLiteStore(directory: fixture.directory, migrations: Schema.migrations + [Self.extra]).close()
        let error = #expect(throws: MartletError.self) { try SQLiteStore(directory: fixture.directory) }
        #expect(error?.message.contains("schema 5") == true)
        #expect(try version(of: fixture.databasePath) == 5)
    }

    @Test func `a database of another program is refused`() throws {
        let fixture = try StoreFixture()
        try fixture.store.close()
        let queue = try DatabaseQueue(path: fixture.databasePath)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA application_id = 7") }
        try queue.close()
        #expect(throws: MartletError.self) { try SQLiteStore(directory: fixture.directory) }
    }

    private func version(of path: String) throws -> Int? { try number("PRAGMA user_version", in: path) }

    private func number(_ sql: String, in path: String) throws -> Int? {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { try Int.fetchOne($0, sql: sql) }
    }
}
