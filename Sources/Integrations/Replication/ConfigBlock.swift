import MartletCore

/// Reads one block of a configuration: which keys there are is what is asked for. Numbers, texts and truth values stand for each
/// other where they can, as in HCL. What is wrong is gathered.
struct ConfigBlock {
    /// What was found to be wrong, of all blocks of one configuration.
    final class Findings {
        var problems: [ReplicationProblem] = []
    }

    private let values: [String: JSONValue]
    /// With a dot at its end; empty at the top.
    let path: String
    let findings: Findings
    private var known: Set<String> = []

    init(_ values: [String: JSONValue], at path: String = "", _ findings: Findings) {
        self.values = values
        self.path = path
        self.findings = findings
    }

    /// Every key that nobody asked for is unknown.
    func finish() {
        for key in values.keys.sorted() where !known.contains(key) {
            add(.unknown, key, "there is no such key; leave it out")
        }
    }

    func add(_ kind: ReplicationProblem.Kind, _ key: String, _ fix: String) {
        findings.problems.append(ReplicationProblem(kind: kind, path: path, key: key, fix: fix))
    }

    /// Nil: it is not there, or null.
    private mutating func value(_ key: String) -> JSONValue? {
        known.insert(key)
        return values[key].flatMap { $0 == .null ? nil : $0 }
    }

    // MARK: Single values

    mutating func text(_ key: String, _ standard: String = "") -> String {
        guard let value = value(key) else { return standard }
        guard let text = value.asText else {
            add(.type, key, "a string is required")
            return standard
        }
        return text
    }

    mutating func flag(_ key: String) -> Bool {
        guard let value = value(key) else { return false }
        switch value {
        case .bool(let flag): return flag
        case .string("true"), .string("1"): return true
        case .string("false"), .string("0"): return false
        default:
            add(.type, key, "a bool is required")
            return false
        }
    }

    mutating func count(_ key: String, _ standard: Int, in range: ClosedRange<Int>) -> Int {
        count(key, in: range) ?? standard
    }

    /// Nil: it is not said, or not valid.
    mutating func count(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.asNumber else {
            add(.type, key, "a number is required")
            return nil
        }
        guard let count = Int(exactly: number), range.contains(count) else {
            let most = range.upperBound == .max ? "up" : "to \(range.upperBound)"
            add(.value, key, "must be a whole number from \(range.lowerBound) \(most)")
            return nil
        }
        return count
    }

    mutating func texts(_ key: String) -> [String] {
        guard let value = value(key) else { return [] }
        guard let elements = value.array else {
            add(.type, key, "list of string required")
            return []
        }
        let texts = elements.compactMap(\.asText)
        if texts.count < elements.count { add(.type, key, "list of string required") }
        return texts
    }

    mutating func require(_ key: String) {
        if value(key) == nil { add(.missing, key, "is missing") }
    }

    // MARK: Blocks

    /// An object, or a list of one object.
    mutating func block(_ key: String) -> ConfigBlock? {
        guard let value = value(key) else { return nil }
        let blocks = objects(key, value)
        if blocks.count > 1 { add(.type, key, "no more than one block is allowed") }
        return blocks.first.map { ConfigBlock($0, at: "\(path)\(key).", findings) }
    }

    /// A list of objects, or one object.
    mutating func blocks(_ key: String) -> [ConfigBlock] {
        guard let value = value(key) else { return [] }
        return objects(key, value).enumerated().map { ConfigBlock($1, at: "\(path)\(key)[\($0)].", findings) }
    }

    private func objects(_ key: String, _ value: JSONValue) -> [[String: JSONValue]] {
        if let object = value.object { return [object] }
        let objects = (value.array ?? []).compactMap(\.object)
        if value.array?.count != objects.count {
            add(.type, key, "a block is required: an object, or a list of objects")
        }
        return objects
    }
}

extension JSONValue {
    fileprivate var asText: String? {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): "\(number)"
        case .bool(let flag): flag ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    fileprivate var asNumber: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        case .string(let text): Double(text)
        case .null, .bool, .array, .object: nil
        }
    }
}
