import Foundation
import MartletCore
import Testing

/// Which ends are told to whom.
@Suite struct NoticeRuleTests {
    private static func end(
        _ states: [RunState], changes: Bool? = nil, wasGood: Bool? = nil, group: String? = nil,
        work: NoticeWork = NoticeWork(job: "nightly", driver: "command", labels: ["team": "db"])
    ) -> NoticeEnd {
        var end = NoticeEnd(group: group)
        end.works = [work]
        end.wasGood = wasGood
        for state in states { end.count(1, state, state == .succeeded ? .ok : nil, changes) }
        return end
    }

    private static let standard: [(NoticeEnd, [NoticeEvent])] = [
        // A plain command cannot tell whether it changed anything.
        (end([.succeeded]), []), (end([.succeeded], wasGood: true), []),
        (end([.failed]), [.failed]), (end([.lost]), [.failed]),
        (end([.failed], wasGood: false), [.failed]), (end([.failed], wasGood: true), [.failed, .changed]),
        (end([.succeeded], wasGood: false), [.changed, .recovered]),
        (end([.succeeded], changes: true), [.changed]), (end([.succeeded], changes: false), []),
        // Nothing new, and yet a failure: it is told.
        (end([.succeeded, .failed], changes: false), [.failed]),
        // What somebody cancelled did not fail, and says nothing about the work.
        (end([.cancelled]), []), (end([.cancelled], wasGood: false), []), (end([.cancelled, .failed]), [.failed]),
    ]

    @Test(arguments: standard)
    func `a channel without rules is told of failures, changes and recoveries`(end: NoticeEnd, events: [NoticeEvent]) {
        #expect(Set(NoticeRule().wanted(of: end)) == Set(events))
    }

    @Test func `words and prefixes follow what failed`() {
        #expect(Self.end([.succeeded]).word == "success" && Self.end([.succeeded]).prefix == "通知:")
        #expect(Self.end([.failed]).word == "failed" && Self.end([.failed]).prefix == "告警:")
        #expect(Self.end([.lost]).word == "lost" && Self.end([.lost]).prefix == "告警:")
        #expect(Self.end([.failed, .succeeded]).word == "notallsuccess")
        #expect(Self.end([.cancelled]).word == "cancelled" && Self.end([.cancelled]).prefix == "通知:")
        #expect(Self.end([.cancelled, .succeeded]).word == "notallsuccess")
    }

    @Test func `every filter must let the work pass`() throws {
        let end = Self.end([.failed], group: "nightly-1")
        let pattern = { try #require(NamePattern($0)) }
        let passing = [
            NoticeRule(), NoticeRule(jobs: [try pattern("night*")]), NoticeRule(groups: [try pattern("nightly-*")]),
            NoticeRule(labels: ["team": try pattern("d*")]), NoticeRule(drivers: ["command"]),
            NoticeRule(on: [.lost, .failed]), NoticeRule(on: [.always]),
        ]
        for rule in passing { #expect(!rule.wanted(of: end).isEmpty, "\(rule)") }
        let refusing = [
            NoticeRule(jobs: [try pattern("day*")]), NoticeRule(groups: [try pattern("x")]),
            NoticeRule(labels: ["team": try pattern("web")]), NoticeRule(labels: ["site": try pattern("*")]),
            NoticeRule(drivers: ["script"]), NoticeRule(on: [.succeeded]), NoticeRule(on: []),
            NoticeRule(jobs: [try pattern("*")], drivers: ["script"]),
        ]
        for rule in refusing { #expect(rule.wanted(of: end).isEmpty, "\(rule)") }
        // In no group, or without a job: neither has a name that could match.
        #expect(NoticeRule(groups: [try pattern("*")]).wanted(of: Self.end([.failed])).isEmpty)
        let inline = NoticeWork(job: nil, driver: "command", labels: [:])
        #expect(NoticeRule(jobs: [try pattern("*")]).wanted(of: Self.end([.failed], work: inline)).isEmpty)
    }

    @Test func `a job names channels beside the rules, also one that is not there`() {
        let policy = NoticePolicy(channels: [
            NoticeChannelFacts(name: "all", kind: "mail", target: "", perMinute: nil, rules: [NoticeRule()]),
            NoticeChannelFacts(name: "named", kind: "mail", target: "", perMinute: nil, rules: []),
        ])
        let found = policy.channels(wanting: Self.end([.failed]), named: ["named": [.failed], "gone": [.failed]])
        #expect(found.map(\.channel) == ["all", "gone", "named"])
        #expect(policy.channels(wanting: Self.end([.succeeded]), named: [:]).isEmpty)
    }

    @Test func `a restricted token sees a notice when it covers all its work`() throws {
        let rights = Rights(role: .read, jobs: [try #require(NamePattern("own-*"))])
        func notice(_ jobs: [String?]) -> Notice {
            var end = NoticeEnd()
            end.works = jobs.map { NoticeWork(job: $0, driver: "command", labels: [:]) }
            let now = Date(milliseconds: 0)
            return Notice(
                number: 1, channel: "c", cause: "batch b", content: .init(title: "t", events: [], end: end),
                createdAt: now, dueAt: now, expiresAt: now)
        }
        #expect(notice(["own-a"]).isCovered(by: rights))
        #expect(!notice(["own-a", "other"]).isCovered(by: rights))
        #expect(!notice([nil]).isCovered(by: rights) && !notice([]).isCovered(by: rights))
        #expect(notice([nil]).isCovered(by: .all))
    }
}
