import GRDB
import MartletCore
import Testing

@testable import MartletStore

@Suite struct JoiningTests {
    private func insert(
        _ fixture: StoreFixture, _ paths: [String], space: String = "load", group: String = "nightly", batch: String
    ) async throws -> Inserted {
        let runs = paths.map { path in
            NewRun(
                run: fixture.run(job: "load"), groups: [GroupMembership(group: group, batch: batch)],
                claim: Claim(space: space, path: path))
        }
        return try await fixture.store.insert(runs, idempotency: nil)
    }

    private func insert(_ fixture: StoreFixture, _ path: String, space: String = "load") async throws -> Inserted {
        try await insert(fixture, [path], space: space, batch: "b")
    }

    @Test(arguments: ["/ns/a", "/ns/a/b", "/ns/a/b/c d"])
    func `what is equal or below joins the run that waits or runs`(_ path: String) async throws {
        let fixture = try StoreFixture()
        let first = try await insert(fixture, ["/ns/a"], batch: "b1").ids[0]
        for isClaimed in [false, true] {
            if isClaimed { _ = try await fixture.claim() }
            let second = try await insert(fixture, [path], group: "again", batch: "b2")
            #expect(second.ids == [first] && second.joined == [first])
        }
        #expect(try await fixture.store.runs(RunQuery()).items.count == 1)
        #expect(
            try await fixture.store.groups(of: first) == [
                GroupMembership(group: "again", batch: "b2"), GroupMembership(group: "nightly", batch: "b1"),
            ])
        let notes = try await fixture.store.events(of: first, after: 0, limit: 10).compactMap(\.note)
        #expect(notes == Array(repeating: "joined by a submission of \(path) for again", count: 2))
    }

    @Test(arguments: ["/ns", "/", "/ns/ab", "/ns/b", "/n"])
    func `what is above or beside makes its own run`(_ path: String) async throws {
        let fixture = try StoreFixture()
        let first = try await insert(fixture, "/ns/a").ids[0]
        let second = try await insert(fixture, path)
        #expect(second.ids != [first] && second.joined.isEmpty)
    }

    @Test func `work of another kind is not joined`() async throws {
        let fixture = try StoreFixture()
        let first = try await insert(fixture, "/ns/a").ids[0]
        #expect(try await insert(fixture, "/ns/a", space: "metadata").ids != [first])
    }

    @Test func `a run that the caller may not see is not joined, and its batch is not found`() async throws {
        let fixture = try StoreFixture()
        let rights = Rights(role: .run, jobs: ["other"].compactMap(NamePattern.init))
        let first = try await insert(fixture, "/ns/a").ids[0]
        func bound(_ job: String, batch: String) -> NewRun {
            NewRun(
                run: fixture.run(job: job), groups: [GroupMembership(group: "nightly", batch: batch)],
                claim: Claim(space: "load", path: "/ns/a"), joinable: rights)
        }
        let own = try await fixture.store.insert([bound("other", batch: "a")], idempotency: nil)
        #expect(own.joined.isEmpty && own.ids != [first])
        #expect(try await fixture.store.insert([bound("other", batch: "a2")], idempotency: nil).ids == own.ids)
        var query = RunQuery()
        query.group = "nightly"
        #expect(try await fixture.store.latestBatch(of: query) == "b")
        query.coverage = rights
        #expect(try await fixture.store.latestBatch(of: query) == "a2")
    }

    @Test(arguments: [RunCommand.stop(.user), .stop(.pause)])
    func `a run that is being ended is not joined`(_ command: RunCommand) async throws {
        let fixture = try StoreFixture()
        let first = try await insert(fixture, "/ns/a").ids[0]
        _ = try await fixture.claim()
        try await fixture.apply(command, to: first)
        let second = try await insert(fixture, "/ns/a")
        #expect(second.joined.isEmpty && second.ids != [first])
        #expect(try await insert(fixture, "/ns/a").ids == second.ids, "whoever comes now joins the newer one")
    }

    @Test func `within a submission a path joins the one that covers it`() async throws {
        let fixture = try StoreFixture()
        let inserted = try await insert(fixture, ["/a", "/a/b", "/a", "/c"], batch: "b1")
        #expect(inserted.ids[0] == inserted.ids[1] && inserted.ids[0] == inserted.ids[2])
        #expect(inserted.ids[3] != inserted.ids[0] && inserted.joined == [inserted.ids[0]])
        var query = RunQuery()
        query.batch = "b1"
        #expect(try await fixture.store.runs(query).items.count == 2)
    }

    @Test func `of a hundred submissions at once one makes the run`() async throws {
        let fixture = try StoreFixture()
        let answers = try await withThrowingTaskGroup(of: Inserted.self) { group in
            for number in 0..<100 {
                group.addTask {
                    try await insert(fixture, ["/ns/a\(number % 3 == 0 ? "" : "/x")"], batch: "b\(number)")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count == 100)
        let made = answers.filter(\.joined.isEmpty).flatMap(\.ids)
        #expect(try await fixture.store.runs(RunQuery()).items.count == made.count)
        #expect(made.count <= 2, "one for each of two paths when the lower one came first")
    }

    @Test func `the newest batch of a group is found by group, driver and job`() async throws {
        let fixture = try StoreFixture()
        for (batch, job, group) in [("1", "a", "g"), ("2", "b", "g"), ("3", "a", "other")] {
            let run = NewRun(run: fixture.run(job: job), groups: [GroupMembership(group: group, batch: batch)])
            _ = try await fixture.store.insert([run], idempotency: nil)
        }
        func newest(_ group: String?, job: String? = nil, driver: String? = nil) async throws -> String? {
            var query = RunQuery()
            (query.group, query.job, query.driver) = (group, job, driver)
            return try await fixture.store.latestBatch(of: query)
        }
        #expect(try await newest("g") == "2")
        #expect(try await newest("g", job: "a") == "1")
        #expect(try await newest("g", job: "c") == nil)
        #expect(try await newest("g", driver: "command") == "2")
        #expect(try await newest("g", driver: "none") == nil)
        #expect(try await newest("none") == nil)
        #expect(try await newest(nil) == nil)
    }

    @Test func `a removed run leaves no claim`() async throws {
        let fixture = try StoreFixture()
        let run = fixture.run(job: "load")
        _ = try await fixture.store.insert([NewRun(run: run, claim: Claim(space: "s", path: "/a"))], idempotency: nil)
        try await fixture.apply(.stop(.user), to: run.id)
        try await fixture.store.delete([run.id])
        #expect(try fixture.outside { try Int.fetchOne($0, sql: "SELECT count(*) FROM run_claims") } == 0)
    }

    @Test func `a lineage goes from the root down`() {
        #expect(Claim(space: "s", path: "/a/b c").lineage == ["/", "/a", "/a/b c"])
        #expect(Claim(space: "s", path: "/").lineage == ["/"])
    }
}
