/// What a caller may do, and with which jobs and runs. Nothing is allowed that is not said here.
package struct Rights: Sendable, Hashable, Codable {
    /// Each role includes the ones before it.
    package enum Role: String, Sendable, Codable, CaseIterable, Comparable {
        /// Sees runs, logs, jobs and events.
        case read
        /// Starts stored jobs and tells runs what to do, too.
        case run
        /// Everything: commands of the caller's own, jobs, tokens, secrets, the server itself.
        case admin

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
    }

    package let role: Role
    /// Names of the jobs it is for; empty: all, and runs without a job.
    package let jobs: [NamePattern]
    /// Labels that a job and a run must have to be covered, all of them; empty: any.
    package let labels: [String: NamePattern]
    /// Whether the values of stored secrets may be read.
    package let readsSecrets: Bool

    package init(
        role: Role, jobs: [NamePattern] = [], labels: [String: NamePattern] = [:], readsSecrets: Bool = false
    ) {
        self.role = role
        self.jobs = jobs
        self.labels = labels
        self.readsSecrets = readsSecrets
    }

    /// The server's owner.
    package static let all = Rights(role: .admin, readsSecrets: true)

    /// Whether it is for some jobs or labels only.
    package var isRestricted: Bool { !jobs.isEmpty || !labels.isEmpty }

    /// `name`: nil for a run without a stored job.
    package func covers(job name: String?, labels found: [String: String]) -> Bool {
        let isNamed = jobs.isEmpty || name.map { name in jobs.contains { $0.matches(name) } } ?? false
        return isNamed && labels.allSatisfy { label, pattern in found[label].map(pattern.matches) ?? false }
    }

    package func covers(_ run: Run) -> Bool { covers(job: run.job.name, labels: run.labels) }
}

/// A text in which `*` stands for any characters, none included.
package struct NamePattern: Sendable, Hashable, Codable, CustomStringConvertible {
    package static let rule = "must be 1 to 256 bytes without control characters; * stands for any characters"
    package let description: String

    package init?(_ text: String) {
        guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        description = text
    }

    /// As SQLite's `GLOB` writes it.
    package var glob: String {
        description.map { "?[".contains($0) ? "[\($0)]" : String($0) }.joined()
    }

    /// Looks at each byte of `text` once for each `*` at most.
    package func matches(_ text: String) -> Bool {
        let parts = description.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(
            Array.init)
        var rest = Array(text.utf8)[...]
        guard let first = parts.first, rest.starts(with: first) else { return false }
        if parts.count == 1 { return rest.count == first.count }
        rest = rest.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        let last = parts[parts.count - 1]
        return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let pattern = NamePattern(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a pattern \(Self.rule)")
        }
        self = pattern
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
