/// Reads one object of a document from outside, field by field, and gathers *every* problem with its
/// path, so that a bad file is repaired in one go. Unknown keys are problems.
///
/// A value type that shares one problem list: nested objects report into the same ``Problems``.
package struct Fields {
    package final class Problems {
        package private(set) var all: [FieldProblem] = []
        package init() {}

        package func add(_ field: String, _ problem: String) {
            all.append(FieldProblem(field: field, problem: problem))
        }

        /// Throws one `invalid` error with all problems found, if any.
        package func check(_ what: String) throws(MartletError) {
            guard all.isEmpty else { throw MartletError(.invalid, "\(what) is not valid", problems: all) }
        }
    }

    package let path: String
    package let problems: Problems
    private let members: [String: JSONValue]
    /// Every key that was asked for. Short, and built for each object: a list is quicker than a set.
    private var known: [String] = []

    /// A value that is not an object is reported and read as an empty one.
    package init(_ value: JSONValue, at path: String = "", problems: Problems) {
        self.path = path
        self.problems = problems
        if case .object(let members) = value {
            self.members = members
        } else {
            self.members = [:]
            problems.add(path, "expected an object, found \(value.typeName)")
        }
    }

    package func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    package func problem(_ key: String, _ text: String) { problems.add(path(of: key), text) }
    package var keys: [String] { members.keys.sorted() }

    /// The raw value of `key`; JSON `null` counts as absent.
    package mutating func value(_ key: String) -> JSONValue? {
        known.append(key)
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    /// Reads `key` with `convert`; a nil from it is reported as `expected \(what)`.
    package mutating func read<T>(_ key: String, _ what: String, _ convert: (JSONValue) -> T?) -> T? {
        guard let value = value(key) else { return nil }
        if let converted = convert(value) { return converted }
        problem(key, "expected \(what), found \(value.typeName)")
        return nil
    }

    package mutating func string(_ key: String, maxBytes: Int = 4096) -> String? {
        guard let text = read(key, "a text", \.string) else { return nil }
        guard text.utf8.count <= maxBytes else {
            problem(key, "is longer than \(maxBytes) bytes")
            return nil
        }
        guard !text.utf8.contains(0) else {
            problem(key, "must not contain a NUL byte")
            return nil
        }
        return text
    }

    package mutating func bool(_ key: String) -> Bool? {
        read(key, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
    }

    package mutating func int(_ key: String, in range: ClosedRange<Int64>) -> Int? {
        guard
            let number = read(key, "an integer", { if case .int(let value) = $0 { value } else { nil } })
        else { return nil }
        guard range.contains(number) else {
            problem(key, "must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return Int(number)
    }

    package mutating func span(_ key: String) -> TimeSpan? {
        guard let value = value(key) else { return nil }
        if let span = TimeSpan(value) { return span }
        problem(key, "expected a time span such as 500ms, 30s, 5m, 2h or 1d (at most 10 years)")
        return nil
    }

    /// A text that must be one of the cases' raw values.
    package mutating func choice<T: RawRepresentable & CaseIterable>(_ key: String, _: T.Type = T.self)
        -> T? where T.RawValue == String
    {
        guard let text = string(key) else { return nil }
        if let value = T(rawValue: text) { return value }
        problem(key, "expected one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    package mutating func strings(_ key: String, maxCount: Int = 4096) -> [String]? {
        guard let list = read(key, "a list of texts", \.array) else { return nil }
        guard list.count <= maxCount else {
            problem(key, "has more than \(maxCount) entries")
            return nil
        }
        var texts: [String] = []
        for (index, element) in list.enumerated() {
            if let text = element.scalarText, !text.utf8.contains(0) {
                texts.append(text)
            } else {
                problem("\(key)[\(index)]", "expected a text without NUL bytes, found \(element.typeName)")
            }
        }
        return texts.count == list.count ? texts : nil
    }

    /// An object of scalars, as texts (`environment`, `labels`).
    package mutating func stringMap(_ key: String, maxCount: Int = 1024) -> [String: String]? {
        guard let members = read(key, "an object of texts", \.object) else { return nil }
        guard members.count <= maxCount else {
            problem(key, "has more than \(maxCount) entries")
            return nil
        }
        var map: [String: String] = [:]
        for (name, value) in members {
            if let text = value.scalarText, !text.utf8.contains(0) {
                map[name] = text
            } else {
                problem("\(key).\(name)", "expected a text without NUL bytes, found \(value.typeName)")
            }
        }
        return map
    }

    package mutating func object(_ key: String) -> Fields? {
        guard let value = value(key) else { return nil }
        return Fields(value, at: path(of: key), problems: problems)
    }

    package mutating func objects(_ key: String) -> [Fields]? {
        guard let list = read(key, "a list of objects", \.array) else { return nil }
        return list.enumerated().map { index, element in
            Fields(element, at: "\(path(of: key))[\(index)]", problems: problems)
        }
    }

    /// Reports every key that nobody asked for. Call it last.
    package func finish() {
        for key in members.keys.sorted() where !known.contains(key) {
            problem(key, "unknown key; known here: \(Set(known).sorted().joined(separator: ", "))")
        }
    }
}
