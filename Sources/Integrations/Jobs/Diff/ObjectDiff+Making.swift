import MartletCore

extension ObjectDiff {
    /// Two structs of plain values; nil when nothing differs.
    static func plain(
        _ old: [String: JSONValue]?, _ new: [String: JSONValue]?, _ shape: Shape, _ name: String,
        without filter: Set<String> = []
    ) -> ObjectDiff? {
        let fields = FieldDiff.all(
            FlatFields.plain(old, shape, without: filter), FlatFields.plain(new, shape, without: filter), isWhole: true)
        guard let type = type(of: fields) else { return nil }
        return ObjectDiff(type: type, name: name, fields: fields)
    }

    private static func type(of fields: [FieldDiff]) -> DiffType? {
        let types = Set(fields.map(\.type)).subtracting([.none])
        return types.count > 1 ? .edited : types.first
    }

    /// A struct that holds more than plain values; nil when nothing differs. The parts are made by the caller.
    static func deep(
        _ old: [String: JSONValue]?, _ new: [String: JSONValue]?, _ shape: Shape, _ name: String,
        without filter: Set<String> = [], parts: ([String: JSONValue], [String: JSONValue]) -> [ObjectDiff]
    ) -> ObjectDiff? {
        guard old != new else { return nil }
        let type: DiffType = old == nil ? .added : new == nil ? .deleted : .edited
        let fields = FieldDiff.all(
            FlatFields.plain(old, shape, without: filter), FlatFields.plain(new, shape, without: filter), isWhole: true)
        return ObjectDiff(type: type, name: name, fields: fields, objects: parts(old ?? [:], new ?? [:]))
    }

    /// Lists whose elements have no names: what is in one list only was deleted or added.
    static func sets(
        _ old: [[String: JSONValue]], _ new: [[String: JSONValue]],
        _ make: ([String: JSONValue]?, [String: JSONValue]?)
            -> ObjectDiff?
    ) -> [ObjectDiff] {
        let (before, after) = (Set(old), Set(new))
        let deleted = before.subtracting(after).compactMap { make($0, nil) }
        return (deleted + after.subtracting(before).compactMap { make(nil, $0) }).sorted()
    }

    static func plainSets(
        _ old: [String: JSONValue], _ new: [String: JSONValue], _ field: String, _ shape: Shape, _ name: String
    ) -> [ObjectDiff] {
        sets(old.objects(field), new.objects(field)) { plain($0, $1, shape, name) }
    }

    /// Lists whose elements have names.
    static func named(
        _ old: [[String: JSONValue]], _ new: [[String: JSONValue]], by key: String,
        _ make: ([String: JSONValue]?, [String: JSONValue]?) -> ObjectDiff?
    ) -> [ObjectDiff] {
        let before = Dictionary(old.map { ($0.text(key), $0) }) { $1 }
        let after = Dictionary(new.map { ($0.text(key), $0) }) { $1 }
        return Set(before.keys).union(after.keys).compactMap { make(before[$0], after[$0]) }.sorted()
    }

    /// Lists of texts whose order means nothing; nil when both are empty.
    static func texts(
        _ old: [String: JSONValue], _ new: [String: JSONValue], _ name: String
    ) -> ObjectDiff? {
        let (before, after) = (Set(old.texts(name)), Set(new.texts(name)))
        let fields = before.union(after).map { text in
            FieldDiff(name: name, old: before.contains(text) ? text : "", new: after.contains(text) ? text : "")
        }
        guard !fields.isEmpty else { return nil }
        return ObjectDiff(type: type(of: fields) ?? .none, name: name, fields: fields.sorted())
    }

    static func config(_ old: [String: JSONValue], _ new: [String: JSONValue]) -> ObjectDiff? {
        guard old != new else { return nil }
        let type: DiffType = old.isEmpty ? .added : new.isEmpty ? .deleted : .edited
        let fields = FieldDiff.all(FlatFields.all(old), FlatFields.all(new), isWhole: true)
        return ObjectDiff(type: type, name: "Config", fields: fields)
    }
}
