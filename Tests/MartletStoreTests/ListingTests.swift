import Foundation
import MartletCore
import Testing

@testable import MartletStore

@Suite struct Listings {
    let fixture: StoreFixture
    var store: SQLiteStore { fixture.store }
    init() throws { fixture = try StoreFixture() }

    /// 120 runs that differ in everything a query can ask for.
    private func populate() async throws -> [NewRun] {
        var all: [NewRun] = []
        for number in 0..<120 {
            let run = fixture.run(
                job: [nil, "a", "b"][number % 3], driver: number % 4 == 0 ? "load" : "command",
                key: number % 10 == 0 ? "k\(number)" : nil,
                labels: number % 5 == 0 ? ["env": number % 2 == 0 ? "prod" : "test", "x": "1"] : [:])
            var new = NewRun(run: run)
            if number % 6 == 0 {
                new.groups = (0...(number % 4)).map { GroupMembership(group: "g", batch: "b\($0)") }
            }
            _ = try await store.insert([new], idempotency: nil)
            if number % 7 == 0 {
                new.run = try await fixture.apply(.stop(.user), to: run.id)
            } else if number % 11 == 1 {
                new.run = try await fixture.apply(.stop(.pause), to: run.id)
            }
            all.append(new)
        }
        return all.reversed()
    }

    private func matches(_ new: NewRun, _ query: RunQuery) -> Bool {
        let run = new.run
        return (query.states.isEmpty || query.states.contains(run.state))
            && (query.driver == nil || run.driver == query.driver)
            && (query.job == nil || (run.job.name ?? "") == query.job)
            && (query.key == nil || run.key == query.key)
            && query.coverage.covers(run)
            && query.labels.allSatisfy { run.labels[$0] == $1 }
            && (query.group == nil && query.batch == nil
                || new.groups.contains {
                    (query.group ?? $0.group) == $0.group && (query.batch ?? $0.batch) == $0.batch
                })
    }

    @Test func `every combination of filters lists what matches, page by page`() async throws {
        let all = try await populate()
        for combination in 0..<256 {
            var query = RunQuery()
            if combination & 1 != 0 { query.states = [.cancelled, .pending] }
            if combination & 2 != 0 { query.group = "g" }
            if combination & 4 != 0 { query.batch = "b1" }
            if combination & 8 != 0 { query.driver = "command" }
            if combination & 16 != 0 { query.job = "a" }
            if combination & 32 != 0 { query.key = "k40" }
            if combination & 64 != 0 { query.labels["env"] = "prod" }
            if combination & 128 != 0 { query.labels["x"] = "1" }
            let expected = all.filter { matches($0, query) }.map(\.run.id)
            #expect(try await pages(query) == expected, "\(query)")
        }
        var inline = RunQuery()
        inline.job = ""
        #expect(try await pages(inline) == all.filter { matches($0, inline) }.map(\.run.id))
    }

    @Test func `what is not covered is not listed`() async throws {
        let all = try await populate()
        func pattern(_ text: String) throws -> NamePattern { try #require(NamePattern(text)) }
        let coverages = [
            Rights(role: .read, jobs: [try pattern("a")]), Rights(role: .read, jobs: [try pattern("*")]),
            Rights(role: .read, jobs: [try pattern("none"), try pattern("*b")]),
            Rights(role: .read, jobs: [try pattern("[a]"), try pattern("?")]),
            Rights(role: .read, labels: ["env": try pattern("pr*")]),
            Rights(role: .read, labels: ["env": try pattern("*")]),
            Rights(role: .read, jobs: [try pattern("a")], labels: ["env": try pattern("t*t"), "x": try pattern("1")]),
        ]
        for coverage in coverages {
            for combination in 0..<16 {
                var query = RunQuery()
                query.coverage = coverage
                if combination & 1 != 0 { query.states = [.cancelled, .pending] }
                if combination & 2 != 0 { query.group = "g" }
                if combination & 4 != 0 { query.job = "a" }
                if combination & 8 != 0 { query.labels["env"] = "prod" }
                let expected = all.filter { matches($0, query) }.map(\.run.id)
                #expect(try await pages(query) == expected, "\(query)")
            }
        }
    }

    @Test func `an empty label is matched by a star`() async throws {
        try await fixture.insert(fixture.run(labels: ["team": ""]))
        var query = RunQuery()
        query.coverage = Rights(role: .read, labels: ["team": try #require(NamePattern("*"))])
        #expect(try await store.runs(query).items.count == 1)
        query.coverage = Rights(role: .read, labels: ["team": try #require(NamePattern("a*"))])
        #expect(try await store.runs(query).items.isEmpty)
    }

    @Test func `a pattern that stands for many jobs is compared with each run`() async throws {
        for number in 0..<450 { try await fixture.insert(fixture.run(job: "[job]-\(number)")) }
        var query = RunQuery()
        query.limit = 1000
        query.coverage = Rights(role: .read, jobs: [try #require(NamePattern("[job]-*1"))])
        #expect(try await store.runs(query).items.count == 45)
        query.coverage = Rights(role: .read, jobs: [try #require(NamePattern("[job]*"))])
        #expect(try await store.runs(query).items.count == 450)
    }

    private func pages(_ query: RunQuery) async throws -> [RunID] {
        var query = query
        query.limit = 7
        var ids: [RunID] = []
        while true {
            let page = try await store.runs(query)
            ids += page.items.map(\.id)
            guard page.hasMore else { return ids }
            query.before = page.items.last?.id
        }
    }

    @Test func `pages stay the same while runs are inserted`() async throws {
        let (fixture, store) = (fixture, store)
        var known: [RunID] = []
        for _ in 0..<100 { known.append(try await fixture.insert(fixture.run())) }
        let writing = Task {
            for _ in 0..<200 { try await fixture.insert(fixture.run()) }
        }
        var query = RunQuery()
        query.limit = 9
        query.before = fixture.id()
        var listed: [RunID] = []
        while true {
            let page = try await store.runs(query)
            listed += page.items.map(\.id)
            query.before = page.items.last?.id
            if !page.hasMore { break }
        }
        try await writing.value
        #expect(listed.suffix(100) == known.reversed()[...])
        #expect(Set(listed).count == listed.count)
    }

    @Test func `a limit is held between one and a thousand`() async throws {
        for _ in 0..<3 { try await fixture.insert(fixture.run()) }
        var query = RunQuery()
        query.limit = 0
        #expect(try await store.runs(query).items.count == 1)
        query.limit = .max
        #expect(try await store.runs(query).items.count == 3)
        #expect(try await !store.runs(query).hasMore)
    }

    @Test func `events are read after a number, of one run or of all`() async throws {
        let first = try await fixture.ended(fixture.run())
        let second = try await fixture.insert(fixture.run())
        #expect(try await store.eventRange() == 1...4)
        #expect(try await store.events(of: first, after: 1, limit: 10).map(\.number) == [2, 3])
        #expect(try await store.events(of: nil, after: 2, limit: 10).map(\.run) == [first, second])
        #expect(try await store.events(of: nil, after: 0, limit: 2).map(\.kind) == [.created, .state])
        try await store.delete([first, second])
        #expect(try await store.eventRange() == 4...4)
    }
}
