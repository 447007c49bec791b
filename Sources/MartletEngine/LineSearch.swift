import Foundation
package import MartletCore

/// Looks for a text in lines, without regard to the case of ASCII letters.
package struct LineSearch: Sendable {
    /// Of one answer.
    static let mostBytes = 1 << 20
    /// Bytes looked through for one answer; whoever wants more goes on from there.
    package static let reach = 16 << 20

    private let needle: [CChar]
    /// Its first byte as a small and as a capital letter, or once.
    private let beginnings: Set<Int32>

    /// Nil for an empty text.
    package init?(_ text: String) {
        guard let first = text.utf8.first else { return nil }
        needle = text.utf8.map { CChar(bitPattern: $0) }
        beginnings = [tolower(Int32(first)), toupper(Int32(first))]
    }

    func matches(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { bytes in beginnings.contains { found(from: $0, in: bytes) } }
    }

    /// By the C library, which looks at a gigabyte in a second or two.
    private func found(from beginning: Int32, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard var place = bytes.baseAddress else { return false }
        var left = bytes.count
        while left >= needle.count, let hit = memchr(place, beginning, left) {
            left -= UnsafeRawPointer(hit) - place
            guard left >= needle.count else { return false }
            if strncasecmp(hit.assumingMemoryBound(to: CChar.self), needle, needle.count) == 0 { return true }
            place = UnsafeRawPointer(hit) + 1
            left -= 1
        }
        return false
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
