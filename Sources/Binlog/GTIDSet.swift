/// Which source counted a MySQL transaction: server and, since 8.3, a tag.
package struct GTIDSource: Sendable, Hashable, Comparable {
    package let server: SourceID
    /// Up to 32 lower-case characters; empty: none.
    package let tag: String

    package init(server: SourceID, tag: String = "") {
        self.server = server
        self.tag = tag
    }

    package static func < (left: GTIDSource, right: GTIDSource) -> Bool {
        (left.server, left.tag) < (right.server, right.tag)
    }
}

/// One MySQL transaction: source and number, from 1.
package struct GTID: Sendable, Hashable {
    package let source: GTIDSource
    package let number: Int64

    package init(source: GTIDSource, number: Int64) {
        self.source = source
        self.number = number
    }
}

extension GTID: CustomStringConvertible {
    package var description: String {
        source.tag.isEmpty ? "\(source.server):\(number)" : "\(source.server):\(source.tag):\(number)"
    }
}

/// A set of MySQL transactions as sorted intervals for each source.
package struct GTIDSet: Sendable, Equatable {
    /// The largest transaction number of a server.
    static let lastNumber = Int64.max - 1

    /// Never an empty list; sorted, without overlap, not adjacent.
    private(set) var intervals: [GTIDSource: [ClosedRange<Int64>]] = [:]

    package init() {}

    package var isEmpty: Bool { intervals.isEmpty }

    /// In order of server and tag.
    var sources: [GTIDSource] { intervals.keys.sorted() }

    package mutating func insert(_ gtid: GTID) { insert(gtid.number...gtid.number, of: gtid.source) }

    /// Adds an interval and joins it with those it touches.
    package mutating func insert(_ range: ClosedRange<Int64>, of source: GTIDSource) {
        var list = intervals[source] ?? []
        guard let last = list.last else {
            intervals[source] = [range]
            return
        }
        // The usual case: the next number of a growing set.
        if range.lowerBound > last.lowerBound, range.lowerBound <= last.upperBound + 1 {
            list[list.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        } else {
            let first = list.partitioningIndex { $0.upperBound + 1 >= range.lowerBound }
            var joined = range
            var end = first
            while end < list.count, list[end].lowerBound <= range.upperBound + 1 {
                joined = min(joined.lowerBound, list[end].lowerBound)...max(joined.upperBound, list[end].upperBound)
                end += 1
            }
            list.replaceSubrange(first..<end, with: [joined])
        }
        intervals[source] = list
    }

    package mutating func formUnion(_ other: GTIDSet) {
        for (source, ranges) in other.intervals { for range in ranges { insert(range, of: source) } }
    }

    package func union(_ other: GTIDSet) -> GTIDSet {
        var result = self
        result.formUnion(other)
        return result
    }

    /// What is in this set and not in the other.
    package func subtracting(_ other: GTIDSet) -> GTIDSet {
        var result = GTIDSet()
        for (source, ranges) in intervals {
            let kept = Self.difference(ranges, other.intervals[source] ?? [])
            if !kept.isEmpty { result.intervals[source] = kept }
        }
        return result
    }

    /// From the first transaction of each source on, without an end.
    package var withoutEnds: GTIDSet {
        var result = GTIDSet()
        for (source, ranges) in intervals {
            if let first = ranges.first { result.intervals[source] = [first.lowerBound...Self.lastNumber] }
        }
        return result
    }

    package func contains(_ gtid: GTID) -> Bool {
        guard let list = intervals[gtid.source] else { return false }
        let index = list.partitioningIndex { $0.upperBound >= gtid.number }
        return index < list.count && list[index].contains(gtid.number)
    }

    package func isSuperset(of other: GTIDSet) -> Bool { other.subtracting(self).isEmpty }

    private static func difference(
        _ ranges: [ClosedRange<Int64>], _ removed: [ClosedRange<Int64>]
    ) -> [ClosedRange<Int64>] {
        var kept: [ClosedRange<Int64>] = []
        for range in ranges {
            var start = range.lowerBound
            for hole in removed[removed.partitioningIndex(where: { $0.upperBound >= start })...] {
                guard hole.lowerBound <= range.upperBound, start <= range.upperBound else { break }
                if hole.lowerBound > start { kept.append(start...(hole.lowerBound - 1)) }
                start = hole.upperBound + 1
            }
            if start <= range.upperBound { kept.append(start...range.upperBound) }
        }
        return kept
    }
}

extension Array {
    /// The first index from which on `isIn` holds; the array is ordered by it.
    fileprivate func partitioningIndex(where isIn: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if isIn(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
