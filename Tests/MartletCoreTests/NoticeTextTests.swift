import Foundation
import MartletCore
import Testing

/// The words of notices, as the replaced service had them (cache-load contract §1.9, cases 43 and 47).
@Suite struct NoticeTextTests {
    private static func part(
        _ subject: String, _ count: String?, changes: Bool?, _ state: RunState = .succeeded, failures: [String] = [],
        action: String? = "GooseFSDistributeLoad", driver: String = "cacheLoad"
    ) throws -> NoticePart {
        let job = Job(tasks: [TaskSpec(name: "load", driver: driver, spec: [:])])
        var run = Run(
            id: RunID(high: 0x018b_cfe5_6800_7000, low: UInt64.random(in: 1 ... .max)), job: job, params: [:], key: nil,
            labels: [:], trigger: Trigger(source: "test"), createdAt: Date(milliseconds: 1_700_000_000_000))
        try run.end(state)
        let summary = RunSummary(
            subject: subject, action: action, count: count, hasChanges: changes, failures: failures)
        return NoticePart(run, summary) { $0 }
    }

    private static func notice(_ parts: [NoticePart], group: String? = "nightly", wasGood: Bool? = nil) -> Notice {
        let end = NoticeEnd(group: group, of: parts, wasGood: wasGood)
        let now = Date(milliseconds: 0)
        return Notice(
            number: 1, channel: "ops", cause: "batch b",
            content: .init(title: NoticeText.title(batch: end, first: parts[0]), events: [.failed], end: end),
            createdAt: now, dueAt: now, expiresAt: now)
    }

    private static func listed(_ parts: [NoticePart]) -> [NoticePart] {
        parts.filter { $0.rank != .hidden }.sorted { $0.rank.rawValue < $1.rank.rawValue }
    }

    @Test func `a good batch is told as before`() throws {
        let parts = [try Self.part("/ns1/db/t1", "3/40", changes: true)]
        let text = NoticeText.text(of: Self.notice(parts), parts)
        #expect(
            text == """
                通知:GooseFSDistributeLoad success for task nightly
                共 1 项: 成功 1, 失败 0
                path: /ns1/db/t1 3/40
                """)
    }

    @Test func `a failing path is listed with its files even without new data, one without changes is not`() throws {
        let parts = [
            try Self.part("/ns1/same", "0/9", changes: false),
            try Self.part("/ns1/new", "3/40", changes: true),
            try Self.part("/ns1/bad", "0/7", changes: false, .failed, failures: ["/ns1/bad/part-2"]),
        ]
        let text = NoticeText.text(of: Self.notice(parts), Self.listed(parts))
        #expect(
            text == """
                告警:GooseFSDistributeLoad notallsuccess for task nightly
                共 3 项: 成功 2, 失败 1, 无变化 1
                path: /ns1/bad 0/7 failed
                  failed: /ns1/bad/part-2
                path: /ns1/new 3/40
                """)
    }

    @Test func `a batch without a name is told by its first subject and its size`() throws {
        let parts = [
            try Self.part("/ns1/a", "1/1", changes: true, .failed),
            try Self.part("/ns1/b", "1/1", changes: true, .failed),
        ]
        #expect(Self.notice(parts, group: nil).content.title == "告警:GooseFSDistributeLoad failed for /ns1/a (2 项)")
    }

    @Test func `thousands of long paths stay within the limit and say what is left out`() throws {
        let parts = try (0..<3000).map {
            try Self.part("/数据仓库/很长的目录名称/表\($0)/分区", "0/1", changes: false, .failed, failures: ["文件\($0)"])
        }
        for limit in [2048, 4096, 20_000] {
            let text = NoticeText.text(of: Self.notice(parts), parts, limit: limit)
            #expect(text.utf8.count <= limit && text.utf8.count > limit * 9 / 10)
            #expect(String(validating: Array(text.utf8), as: UTF8.self) != nil)
            #expect(text.contains("共 3000 项: 成功 0, 失败 3000"))
            #expect(text.hasSuffix("..."))
            let listed = text.components(separatedBy: "path: ").count - 1
            #expect(text.contains("另有 \(3000 - listed) 项未列出"))
        }
    }

    @Test func `every failed path is named before the files in one`() throws {
        let files = (0..<20).map { "/ns1/db/a/" + String(repeating: "长", count: 90) + "\($0)" }
        let parts = [
            try Self.part("/ns1/db/a", "0/40", changes: false, .failed, failures: files),
            try Self.part("/ns1/db/b", "0/3", changes: false, .failed, failures: ["/ns1/db/b/1"]),
            try Self.part("/ns1/db/c", "3/3", changes: true),
        ]
        let text = NoticeText.text(of: Self.notice(parts), parts, limit: 2048)
        #expect(text.utf8.count <= 2048 && text.hasSuffix("..."))
        let lines = text.split(separator: "\n")
        #expect(lines.contains("path: /ns1/db/a 0/40 failed") && lines.contains("path: /ns1/db/b 0/3 failed"))
        #expect(lines.filter { $0.hasPrefix("  failed: /ns1/db/a/") }.count >= 4)
        #expect(lines.last == "另有 1 项未列出 ...")
        let whole = NoticeText.text(of: Self.notice(parts), parts).split(separator: "\n")
        #expect(whole.filter { $0.hasPrefix("  failed: ") }.count == 21 && whole.last == "path: /ns1/db/c 3/3")
    }

    @Test func `work on a path that counts nothing is told by its path`() throws {
        let parts = [
            try Self.part("/ns1/a", nil, changes: true, .failed), try Self.part("/ns1/b", nil, changes: true),
            try Self.part("nightly", nil, changes: nil),
        ]
        let lines = NoticeText.text(of: Self.notice(parts), parts).split(separator: "\n")
        #expect(lines.contains("path: /ns1/a failed") && lines.contains("path: /ns1/b"))
        #expect(lines.contains("run: nightly succeeded"))
    }

    @Test func `a run alone is told with its reason and its id, on lines of their own`() throws {
        let part = try Self.part("nightly\n通知:forged", nil, changes: nil, .failed, action: nil, driver: "command")
        let end = NoticeEnd(of: [part])
        let now = Date(milliseconds: 0)
        var notice = Notice(
            number: 1, channel: "ops", cause: "run \(part.run)",
            content: .init(title: NoticeText.title(run: end, part), events: [.failed], end: end), createdAt: now,
            dueAt: now, expiresAt: now)
        notice.mayBeRepeated = true
        let lines = NoticeText.text(of: notice, [part]).split(separator: "\n")
        #expect(lines.first == "告警:nightly 通知:forged failed (可能重复)")
        #expect(lines.contains("运行: \(part.run)"))
        #expect(lines.contains { $0.hasPrefix("原因: 任务 load 以退出码 3 结束") })
    }

    @Test func `a digest lists each notice by its first line`() throws {
        let good = Self.notice([try Self.part("/a", "1/1", changes: true)])
        var bad = Self.notice([try Self.part("/b", "1/1", changes: true, .failed)])
        bad.mayBeRepeated = true
        #expect(
            NoticeText.digest(of: [good, bad]) == """
                告警:合并 2 条通知
                告警:GooseFSDistributeLoad failed for task nightly (可能重复)
                通知:GooseFSDistributeLoad success for task nightly
                """)
        let many = NoticeText.digest(of: Array(repeating: bad, count: 100), limit: 2048)
        #expect(many.utf8.count <= 2048 && many.hasSuffix("..."))
    }

    @Test(arguments: [0, 1, 2, 3, 4, 5, 10, 100]) func `text is cut between characters`(limit: Int) {
        let text = NoticeText.cut("通知é👩‍👩‍👧x", upTo: limit)
        #expect(text.utf8.count <= max(3, limit))
        #expect(String(validating: Array(text.utf8), as: UTF8.self) == text)
    }
}

extension Run {
    /// As a run of one task ends.
    fileprivate mutating func end(_ state: RunState) throws {
        let now = Date(milliseconds: 1_700_000_000_000)
        _ = try apply(.claim, at: now)
        let exit = TaskExit(ending: .exited(code: state == .succeeded ? 0 : 3), endedAt: now, logBytes: 0)
        _ = try apply(.taskFinished(exit, Verdict(state == .succeeded ? .ok : .exit)), at: now)
    }
}
