import Foundation
import MartletCore
import Testing

@testable import MartletStore

/// A batch as large as they come (cache-load contract §5 case 47).
@Suite struct LargeBatchTests {
    @Test func `three thousand runs are told in one notice`() async throws {
        let facts = NoticeChannelFacts(
            name: "ops", kind: "webhook", target: "", perMinute: nil, rules: [NoticeRule(on: [.always])])
        let fixture = try StoreFixture(notices: NoticeDesk(NoticePolicy(channels: [facts])))
        let runs = (0..<3000).map { _ in fixture.run() }
        let member = GroupMembership(group: "nightly", batch: "b1")
        _ = try await fixture.store.insert(runs.map { NewRun(run: $0, groups: [member]) }, idempotency: nil)
        // The oldest end last: to see that it goes on costs most.
        let started = ContinuousClock.now
        for start in stride(from: 2999, to: 0, by: -200) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for run in runs[max(1, start - 199)...start] {
                    group.addTask { try await fixture.apply(.stop(.user), to: run.id) }
                }
                try await group.waitForAll()
            }
        }
        #expect(try await fixture.store.notices(NoticeQuery()).isEmpty)
        let ended = ContinuousClock.now
        try await fixture.apply(.stop(.user), to: runs[0].id)
        print("2999 ends of one batch: \((ended - started) / 2999) each; the last: \(ContinuousClock.now - ended)")
        let notices = try await fixture.store.notices(NoticeQuery())
        #expect(notices.count == 1 && notices.first?.content.end?.runs == 3000)
        let notice = try #require(notices.first)
        let parts = try await fixture.store.noticeParts(of: notice.cause, limit: 500)
        let text = NoticeText.text(of: notice, parts)
        #expect(text.utf8.count <= 20_000 && text.contains("共 3000 项") && text.hasSuffix("..."))
    }
}
