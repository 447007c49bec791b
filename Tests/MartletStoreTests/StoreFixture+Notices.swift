import MartletCore

@testable import MartletStore

extension StoreFixture {
    /// A store whose ended runs are told to these channels.
    static func owing(
        _ rules: [NoticeRule] = [NoticeRule(on: [.always])], channels: [String] = ["ops"]
    ) throws -> StoreFixture {
        let facts = channels.map {
            NoticeChannelFacts(name: $0, kind: "webhook", target: "", perMinute: nil, rules: rules)
        }
        return try StoreFixture(notices: NoticeDesk(NoticePolicy(channels: facts)))
    }

    func allNotices() async throws -> [Notice] { try await store.notices(NoticeQuery()) }

    /// Inserts runs as one submission of a group.
    func insert(_ runs: [Run], batch: String) async throws {
        let new = runs.map { NewRun(run: $0, groups: [GroupMembership(group: "nightly", batch: batch)]) }
        _ = try await store.insert(new, idempotency: nil)
    }

    func end(_ run: Run, code: Int32 = 0) async throws {
        let exit = TaskExit(ending: .exited(code: code), endedAt: Self.start, logBytes: 0)
        try await apply(.taskFinished(exit, Verdict(code == 0 ? .ok : .exit)), to: run.id)
    }
}
