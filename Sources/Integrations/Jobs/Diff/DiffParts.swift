import MartletCore

/// What became of a field or an object. The order is the one that equal names are sorted by.
package enum DiffType: String, Sendable, Comparable {
    case edited = "Edited"
    case added = "Added"
    case deleted = "Deleted"
    case none = "None"

    package static func < (left: DiffType, right: DiffType) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .edited: 0
        case .added: 1
        case .deleted: 2
        case .none: 3
        }
    }
}

/// One value that differs, as text; an object's unchanged ones are listed, too.
struct FieldDiff: Equatable, Comparable {
    let name: String
    let old: String
    let new: String
    var annotations: [String] = []

    var type: DiffType {
        if old == new { return .none }
        if old.isEmpty { return .added }
        return new.isEmpty ? .deleted : .edited
    }

    static func < (left: FieldDiff, right: FieldDiff) -> Bool {
        (left.name, left.old, left.new) < (right.name, right.old, right.new)
    }

    var json: JSONValue {
        [
            "Type": .string(type.rawValue), "Name": .string(name), "Old": .string(old), "New": .string(new),
            "Annotations": .strings(annotations),
        ]
    }

    /// Sorted. `isWhole`: unchanged ones, too.
    static func all(_ old: [String: String], _ new: [String: String], isWhole: Bool) -> [FieldDiff] {
        Set(old.keys).union(new.keys)
            .map { FieldDiff(name: $0, old: old[$0] ?? "", new: new[$0] ?? "") }
            .filter { isWhole || $0.type != .none }
            .sorted()
    }
}

/// A block that differs.
struct ObjectDiff: Equatable, Comparable {
    let type: DiffType
    let name: String
    var fields: [FieldDiff] = []
    var objects: [ObjectDiff] = []

    static func < (left: ObjectDiff, right: ObjectDiff) -> Bool {
        if left.name != right.name { return left.name < right.name }
        if left.type != right.type { return left.type < right.type }
        if left.fields.count != right.fields.count { return left.fields.count < right.fields.count }
        if left.objects.count != right.objects.count { return left.objects.count < right.objects.count }
        if left.fields != right.fields { return left.fields.lexicographicallyPrecedes(right.fields) }
        return left.objects.lexicographicallyPrecedes(right.objects)
    }

    var json: JSONValue {
        [
            "Type": .string(type.rawValue), "Name": .string(name), "Fields": .list(fields.map(\.json)),
            "Objects": .list(objects.map(\.json)),
        ]
    }
}

extension JSONValue {
    /// Null when empty.
    static func list(_ elements: [JSONValue]) -> JSONValue { elements.isEmpty ? .null : .array(elements) }

    static func strings(_ texts: [String]) -> JSONValue { list(texts.map { .string($0) }) }
}
