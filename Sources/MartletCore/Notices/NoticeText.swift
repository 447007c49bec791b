/// The words of notices. Texts begin with `通知:` or `告警:`, are valid UTF-8, and end in `...` where something was left out.
package enum NoticeText {
    /// What DingTalk takes at most.
    package static let longest = 20_000
    /// Follows the first line of what may have arrived before.
    package static let repeated = " (可能重复)"

    // MARK: First lines

    /// Of a batch: `通知:GooseFSDistributeLoad success for task nightly`. A batch without a name is told by its first
    /// subject and its size. `first`: the part of its first run.
    package static func title(batch end: NoticeEnd, first: NoticePart) -> String {
        let jobs = Set(end.works.map(\.job))
        let action = first.action ?? (jobs.count == 1 ? first.work.job : nil) ?? first.work.driver
        let name = end.group.map { "task \(oneLine($0, upTo: 200))" } ?? "\(first.subject) (\(end.runs) 项)"
        return "\(end.prefix)\(action) \(end.word) for \(name)\(mark(end))"
    }

    /// Of a run in no batch: `告警:nightly failed`.
    package static func title(run end: NoticeEnd, _ part: NoticePart) -> String {
        let about = part.action.map { "\($0) \(end.word) for \(part.subject)" } ?? "\(part.subject) \(end.word)"
        return "\(end.prefix)\(about)\(mark(end))"
    }

    private static func mark(_ end: NoticeEnd) -> String { end.events.contains(.recovered) ? " (已恢复)" : "" }

    package static func testTitle(_ channel: String) -> String { "通知:Martlet 测试消息，告警也将发送到此 (\(channel))" }

    // MARK: Whole texts

    /// `parts`: in the order of ``NoticePart/Rank``, the hidden ones left out; more of them may exist. `limit`: bytes.
    package static func text(of notice: Notice, _ parts: [NoticePart], limit: Int = longest) -> String {
        var text = BoundedText(notice.content.title + (notice.mayBeRepeated ? repeated : ""), limit: limit)
        guard let end = notice.content.end else { return text.finish(leftOut: 0) }
        if notice.batch == nil {
            for part in parts.prefix(1) { single(part, &text) }
            return text.finish(leftOut: 0)
        }
        _ = text.add(summary(end))
        let told = Self.list(parts, &text)
        return text.finish(leftOut: end.runs - end.hidden - told)
    }

    /// Adds what fits: the first line of each failed part, what failed in them, the other parts. Returns how many parts
    /// have their line.
    private static func list(_ parts: [NoticePart], _ text: inout BoundedText) -> Int {
        var shown: [[String]] = []
        func add(_ parts: some Sequence<NoticePart>) {
            let first = shown.count
            var details: [[String]] = []
            for part in parts {
                guard text.hold(line(part)) else { break }
                shown.append([line(part)])
                details.append(part.isGood ? [] : failures(part))
            }
            for (index, lines) in details.enumerated() {
                for line in lines where text.hold(line) { shown[first + index].append(line) }
            }
        }
        let failed = parts.prefix(while: \.isFailure)
        add(failed)
        add(parts.dropFirst(failed.count))
        text.place(shown.joined())
        return shown.count
    }

    /// Several notices in one message, each by its first line, failures first.
    package static func digest(of notices: [Notice], limit: Int = longest) -> String {
        let isAlarm = notices.contains { $0.content.end?.prefix == "告警:" }
        var text = BoundedText("\(isAlarm ? "告警:" : "通知:")合并 \(notices.count) 条通知", limit: limit)
        var told = 0
        let failed = notices.filter { ($0.content.end?.failed ?? 0) > 0 }
        for notice in failed + notices.filter({ ($0.content.end?.failed ?? 0) == 0 }) {
            let line = oneLine(notice.content.title, upTo: 160) + (notice.mayBeRepeated ? repeated : "")
            if text.add(line) { told += 1 }
        }
        return text.finish(leftOut: notices.count - told)
    }

    private static func summary(_ end: NoticeEnd) -> String {
        var words = ["成功 \(end.good)", "失败 \(end.failed)"]
        if end.cancelled > 0 { words.append("取消 \(end.cancelled)") }
        if end.hidden > 0 { words.append("无变化 \(end.hidden)") }
        return "共 \(end.runs) 项: \(words.joined(separator: ", "))"
    }

    private static func line(_ part: NoticePart) -> String {
        let state = part.isGood ? part.outcome == .warning ? " warning" : "" : " \(part.state.rawValue)"
        if let count = part.count { return "path: \(part.subject) \(count)\(state)" }
        // Work on a path that counts nothing, such as loading metadata.
        if part.subject.hasPrefix("/") { return "path: \(part.subject)\(state)" }
        return "run: \(part.subject)\(part.isGood ? " succeeded" : state)"
    }

    private static func failures(_ part: NoticePart) -> [String] {
        if part.failures.isEmpty { return ["  原因: \(part.reason)"] }
        let more = part.failed - part.failures.count
        return part.failures.map { "  failed: \($0)" } + (more > 0 ? ["  另有 \(more) 个失败"] : [])
    }

    private static func single(_ part: NoticePart, _ text: inout BoundedText) {
        let outcome = part.outcome.map { " (\($0.rawValue))" } ?? ""
        _ = text.add("状态: \(part.state.rawValue)\(outcome)")
        _ = text.add("原因: \(part.reason)")
        if let count = part.count { _ = text.add("数量: \(count)") }
        // Before what may be long.
        _ = text.add("运行: \(part.run)")
        for failure in part.failures { _ = text.add("  failed: \(failure)") }
        if part.failed > part.failures.count { _ = text.add("  另有 \(part.failed - part.failures.count) 个失败") }
    }

    // MARK: Pieces

    /// Without line breaks and other control characters; cut to `most` bytes between two characters.
    package static func oneLine(_ text: String, upTo most: Int) -> String {
        // More of them than bytes are wanted are cut off anyway.
        let scalars = text.unicodeScalars.prefix(max(0, most) + 1).map { scalar -> Character in
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            return isControl || [0x2028, 0x2029].contains(scalar.value) ? " " : Character(scalar)
        }
        return cut(String(scalars), upTo: most)
    }

    /// At most `most` bytes, with `...` at the end of what is shorter than it was.
    package static func cut(_ text: String, upTo most: Int) -> String {
        guard text.utf8.count > most else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: max(0, most - 3))
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return text[..<end] + "..."
    }
}

/// Lines that together do not pass a number of bytes; room for the last line is kept.
private struct BoundedText {
    private static let reserve = 64

    private var lines: [String]
    private var bytes: Int
    private let limit: Int
    private var isFull = false

    init(_ first: String, limit: Int) {
        let line = NoticeText.cut(first, upTo: limit - Self.reserve)
        lines = [line]
        bytes = line.utf8.count
        self.limit = limit
    }

    /// False when it does not fit, and then nothing more does.
    mutating func add(_ line: String) -> Bool {
        guard hold(line) else { return false }
        lines.append(line)
        return true
    }

    /// Keeps room for a line that is placed later.
    mutating func hold(_ line: String) -> Bool {
        let size = line.utf8.count + 1
        guard !isFull, bytes + size <= limit - Self.reserve else {
            isFull = true
            return false
        }
        bytes += size
        return true
    }

    /// Lines that room was kept for.
    mutating func place(_ held: some Sequence<String>) { lines += held }

    func finish(leftOut count: Int) -> String {
        let last = count > 0 ? ["另有 \(count) 项未列出 ..."] : isFull ? ["..."] : []
        return (lines + last).joined(separator: "\n")
    }
}
