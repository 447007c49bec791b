package import MartletCore

/// Looks for a text in lines, without regard to the case of ASCII letters.
package struct LineSearch: Sendable {
    /// Of one answer.
    static let mostBytes = 1 << 20
    /// Bytes looked through for one answer; whoever wants more goes on from there.
    package static let reach = 16 << 20

    private let needle: [UInt8]

    /// Nil for an empty text.
    package init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        needle = text.utf8.map(Self.folded)
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    func matches(_ text: [UInt8]) -> Bool {
        guard text.count >= needle.count, let first = needle.first else { return false }
        return text.withUnsafeBufferPointer { text in
            needle.withUnsafeBufferPointer { needle in
                (0...text.count - needle.count).contains { start in
                    guard Self.folded(text[start]) == first else { return false }
                    return (1..<needle.count).allSatisfy { Self.folded(text[start + $0]) == needle[$0] }
                }
            }
        }
    }
}

extension Control {
    /// What a search found, and how far it came.
    package struct FoundLines: Sendable {
        package let items: [LogLine]
        /// Where to go on; nil when nothing was looked at.
        package let end: LogPosition?
        /// Whether nothing is left to look at now.
        package let isWhole: Bool
    }

    /// Lines with a text after `position`, oldest first: at most `limit`, from not much more than ``LineSearch/reach`` bytes.
    package func lines(
        of id: RunID, matching search: LineSearch, after position: LogPosition?, limit: Int
    ) async throws -> FoundLines {
        var follower = try await followLines(of: id, after: position)
        var (items, looked, end): ([LogLine], Int, LogPosition?) = ([], 0, position)
        while looked < LineSearch.reach {
            guard let more = try await follower.next(), !more.isEmpty else {
                return FoundLines(items: items, end: end, isWhole: true)
            }
            for line in more {
                looked += line.text.count + 1
                end = line.position
                guard search.matches(line.text) else { continue }
                items.append(line)
                if items.count == limit { return FoundLines(items: items, end: end, isWhole: false) }
            }
            await Task.yield()
        }
        return FoundLines(items: items, end: end, isWhole: false)
    }
}
