extension GTIDSet: CustomStringConvertible {
    /// As servers write it: `UUID:1-5:7,UUID:tag:1`, with commas, spaces and line ends between the parts.
    /// - Throws: `malformed`, which names the part.
    package init(_ text: String) throws(BinlogError) {
        self.init()
        for part in text.split(separator: ",") {
            let fields = part.split(separator: ":", omittingEmptySubsequences: false).map(Self.trimmed)
            guard let first = fields.first, !(fields.count == 1 && first.isEmpty) else { continue }
            guard let server = SourceID(first), fields.count > 1 else { throw Self.malformed(part) }
            try insert(fields.dropFirst(), of: server, part)
        }
    }

    /// Intervals belong to the tag before them.
    private mutating func insert(
        _ fields: ArraySlice<Substring>, of server: SourceID, _ part: Substring
    ) throws(BinlogError) {
        var source = GTIDSource(server: server)
        var isIntervalDue = true
        for field in fields {
            if let range = Self.interval(field) {
                insert(range, of: source)
                isIntervalDue = false
            } else if Self.isTag(field) {
                source = GTIDSource(server: server, tag: field.lowercased())
                isIntervalDue = true
            } else {
                throw Self.malformed(part)
            }
        }
        if isIntervalDue { throw Self.malformed(part) }
    }

    private static func interval(_ text: Substring) -> ClosedRange<Int64>? {
        let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64(trimmed($0)) }
        guard let first = bounds.first, let start = first, start >= 1, bounds.count <= 2 else { return nil }
        guard let end = bounds.count == 2 ? bounds[1] : start, end >= start, end <= lastNumber else { return nil }
        return start...end
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.first, first.isASCII, first.isLetter || first == "_" else { return false }
        return text.count <= 32 && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    private static func malformed(_ part: Substring) -> BinlogError {
        BinlogError(.malformed, "\"\(trimmed(part).prefix(200))\" is not of the form UUID:first-last")
    }

    /// As servers print it, in one line: a server once, then its intervals, then those of each tag.
    package var description: String {
        var text = ""
        var server: SourceID?
        for source in sources {
            if source.server != server { text += "\(text.isEmpty ? "" : ",")\(source.server)" }
            server = source.server
            if !source.tag.isEmpty { text += ":\(source.tag)" }
            for range in intervals[source] ?? [] {
                text += range.count == 1 ? ":\(range.lowerBound)" : ":\(range.lowerBound)-\(range.upperBound)"
            }
        }
        return text
    }
}
