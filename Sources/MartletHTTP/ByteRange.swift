/// A single byte range of a `Range` header (RFC 9110).
enum ByteRange: Equatable {
    /// No range was asked for, or one that is to be ignored.
    case whole
    case part(Range<Int64>)
    case unsatisfiable

    init(_ header: String?, length: Int64) {
        guard let header, let text = header.trimming(" ").after("bytes="), !text.contains(",") else {
            self = .whole
            return
        }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else {
            self = .whole
            return
        }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (.absent, .value(let count)):
            self = count == 0 || length == 0 ? .unsatisfiable : .part(max(0, length - count)..<length)
        case (.value(let first), .absent):
            self = first < length ? .part(first..<length) : .unsatisfiable
        case (.value(let first), .value(let last)) where first <= last:
            self = first < length ? .part(first..<min(last, length - 1) + 1) : .unsatisfiable
        default: self = .whole
        }
    }

    private enum End { case absent, wrong, value(Int64) }

    private static func number(_ text: Substring) -> End {
        if text.isEmpty { return .absent }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .wrong }
        return .value(Int64(text) ?? .max - 1)
    }
}

extension String {
    /// What follows `prefix`, or nil when it does not begin so. ASCII case does not matter.
    fileprivate func after(_ prefix: String) -> Substring? {
        lowercased().hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
