import Foundation
import GRDB
import MartletCore
import Testing

@testable import MartletStore

@Suite struct AuditTests {
    private func entry(_ action: String = "POST /api/x", target: String = "") -> AuditEntry {
        AuditEntry(caller: "ci", token: "0123abcd", address: "10.0.0.1", action: action, target: target, request: "r1")
    }

    private func filled(_ count: Int) async throws -> StoreFixture {
        let fixture = try StoreFixture()
        for number in 1...count { try await fixture.store.append(entry(target: "job \(number)")) }
        return fixture
    }

    /// Past the guard that keeps our own program from it.
    private func tamper(_ fixture: StoreFixture, _ sql: String) throws {
        let queue = try DatabaseQueue(path: fixture.databasePath)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "DROP TRIGGER IF EXISTS audit_is_append_only")
            try db.execute(sql: sql)
        }
        try queue.close()
    }

    @Test func `records are numbered and chained, also across a restart`() async throws {
        let fixture = try await filled(3)
        try fixture.store.close()
        let store = try SQLiteStore(directory: fixture.directory)
        try await store.append(entry(target: "job 4"))
        let verdict = try await store.verifyAudit()
        #expect(verdict.records == 4 && verdict.head?.number == 4 && verdict.problem == nil)
        let records = try await store.auditRecords(before: nil, target: nil, limit: 3)
        #expect(records.map(\.number) == [4, 3, 2])
        #expect(verdict.head?.hash == records.first?.hash && records[0].entry == entry(target: "job 4"))
        #expect(try await store.auditRecords(before: nil, target: "job 2", limit: 3).map(\.number) == [2])
        #expect(try await store.auditRecords(before: 2, target: nil, limit: 3).map(\.number) == [1])
    }

    @Test(arguments: [
        "caller", "token", "address", "action", "target", "outcome", "request", "before", "after", "at", "hash",
    ])
    func `a changed column is found`(_ column: String) async throws {
        let fixture = try await filled(5)
        let value = ["before", "after", "hash"].contains(column) ? "zeroblob(32)" : column == "at" ? "at + 1" : "'x'"
        try tamper(fixture, "UPDATE audit SET \(column) = \(value) WHERE number = 3")
        let verdict = try await fixture.store.verifyAudit()
        #expect(verdict.records == 2 && verdict.problem?.contains("record 3") == true)
    }

    @Test func `words that move from one column to the next are found`() async throws {
        let fixture = try await filled(1)
        try tamper(fixture, "UPDATE audit SET caller = 'c', token = 'i' || token WHERE number = 1")
        #expect(try await fixture.store.verifyAudit().problem != nil)
    }

    @Test func `a removed record is found, and a null is no empty text`() async throws {
        let fixture = try await filled(5)
        try tamper(fixture, "DELETE FROM audit WHERE number = 2")
        #expect(try await fixture.store.verifyAudit().problem?.contains("record 2 is missing") == true)
        let other = try await filled(2)
        try tamper(other, "DELETE FROM audit WHERE number = 1")
        #expect(try await other.store.verifyAudit().problem?.contains("record 1 is missing") == true)
        let third = try StoreFixture()
        var open = entry()
        open.token = nil
        try await third.store.append(open)
        try tamper(third, "UPDATE audit SET token = ''")
        #expect(try await third.store.verifyAudit().problem != nil)
    }

    @Test func `our own program cannot change a record`() async throws {
        let fixture = try await filled(1)
        await #expect(throws: (any Error).self) {
            try await fixture.store.pool.write { try $0.execute(sql: "UPDATE audit SET caller = 'x'") }
        }
    }

    @Test func `what is old is forgotten, and the rest still fits`() async throws {
        let fixture = try await filled(10)
        let at = try await fixture.store.auditRecords(before: nil, target: nil, limit: 1)[0].at
        #expect(try await fixture.store.deleteAudit(before: at.addingTimeInterval(-60), limit: 100) == 0)
        #expect(try await fixture.store.deleteAudit(before: at.addingTimeInterval(60), limit: 4) == 4)
        let verdict = try await fixture.store.verifyAudit()
        #expect(verdict.records == 6 && verdict.head?.number == 10 && verdict.problem == nil)
        #expect(try await fixture.store.deleteAudit(before: at.addingTimeInterval(60), limit: 100) == 6)
        try await fixture.store.append(entry())
        #expect(
            try await fixture.store.verifyAudit()
                == {
                    var verdict = AuditVerdict()
                    verdict.records = 1
                    verdict.head = AuditVerdict.Mark(
                        number: 11,
                        hash: try await fixture.store.auditRecords(before: nil, target: nil, limit: 1)[0].hash)
                    return verdict
                }())
    }

    @Test func `a check is right while old records are forgotten`() async throws {
        let fixture = try StoreFixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3000 { group.addTask { try await fixture.store.append(self.entry()) } }
            try await group.waitForAll()
        }
        let forgetting = Task {
            while try await fixture.store.deleteAudit(before: .distantFuture, limit: 50) > 0 {}
        }
        var checks = 0
        while try await !fixture.store.auditRecords(before: nil, target: nil, limit: 1).isEmpty {
            let verdict = try await fixture.store.verifyAudit()
            #expect(verdict.problem == nil)
            checks += 1
        }
        try await forgetting.value
        #expect(checks > 0)
    }

    @Test func `a change and its record are stored together or not at all`() async throws {
        let fixture = try StoreFixture()
        let run = fixture.run(key: "k")
        let scope = AuditScope(entry())
        try await AuditScope.$current.withValue(scope) {
            try await fixture.insert(run)
            _ = try await fixture.store.update(run.id) { Update(try $0.apply(.stop(.user), at: StoreFixture.start)) }
        }
        let records = try await fixture.store.auditRecords(before: nil, target: nil, limit: 9)
        #expect(records.map(\.entry.target) == ["run \(run.id)"], "one call, one record")
        #expect(records[0].entry.after?.count == 32 && records[0].entry.before == nil)
        // The operation fails: its record is still to be written, with what became of it.
        try await fixture.insert(fixture.run(key: "taken"))
        let second = AuditScope(entry())
        await #expect(throws: MartletError.self) {
            try await AuditScope.$current.withValue(second) { try await fixture.insert(fixture.run(key: "taken")) }
        }
        #expect(try await fixture.store.auditRecords(before: nil, target: nil, limit: 9).count == 1)
        #expect(second.take() != nil && second.take() == nil)
        #expect(try await fixture.store.verifyAudit().problem == nil)
    }

    @Test func `concurrent calls make one chain`() async throws {
        let fixture = try StoreFixture()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let scope = AuditScope(self.entry())
                    // Every fourth fails and leaves no record behind.
                    _ = try? await AuditScope.$current.withValue(scope) {
                        try await fixture.insert(fixture.run(key: number % 4 == 0 ? "one" : nil))
                    }
                }
            }
            try await group.waitForAll()
        }
        let verdict = try await fixture.store.verifyAudit()
        #expect(verdict.problem == nil && verdict.records == 301)
    }
}
