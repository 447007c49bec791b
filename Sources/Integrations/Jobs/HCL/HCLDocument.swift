import MartletCore

/// What is wrong with an HCL text, and where.
struct HCLError: Error, Equatable {
    let at: HCLPlace
    let message: String

    /// `At 1:7: object expected closing RBRACE got: EOF`.
    var text: String { "At \(at.line):\(at.column): \(message)" }
}

/// Both from 1; columns count characters.
struct HCLPlace: Equatable {
    var line = 1
    var column = 1
}

/// Items in their order; a key may stand there several times.
struct HCLBody: Equatable {
    var items: [HCLItem] = []

    func items(named key: String) -> [HCLItem] { items.filter { $0.keys.first == key } }
}

/// `key = value`, `key { … }` or `key "label" { … }`.
struct HCLItem: Equatable {
    /// At least one.
    let keys: [String]
    let value: HCLValue
    let place: HCLPlace

    var labels: ArraySlice<String> { keys.dropFirst() }
}

indirect enum HCLValue: Equatable {
    case scalar(JSONValue)
    case list([HCLValue])
    case object(HCLBody)

    var body: HCLBody? { if case .object(let body) = self { body } else { nil } }

    /// As HCL 1 decodes it where any value may stand: an object is a list of one object, except within a list.
    func json(inList: Bool = false) -> JSONValue {
        switch self {
        case .scalar(let value): value
        case .list(let elements): .array(elements.map { $0.json(inList: true) })
        case .object(let body): inList ? .object(body.json) : .array([.object(body.json)])
        }
    }
}

extension HCLBody {
    /// Blocks of one key are joined to a list; of other values the last counts.
    var json: [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        // Lists that grow where they are: thousands of blocks of one key are no more work than as many keys.
        var lists: [String: [JSONValue]] = [:]
        for item in items {
            // A label is an object around the value, the innermost last.
            let value = item.labels.reversed().reduce(item.value.json()) { .array([.object([$1: $0])]) }
            guard let key = item.keys.first else { continue }
            if item.value.body != nil, case .array(let blocks) = value {
                lists[key, default: members.removeValue(forKey: key)?.array ?? []] += blocks
            } else if case .array(let elements) = value {
                members[key] = nil
                lists[key] = elements
            } else {
                lists[key] = nil
                members[key] = value
            }
        }
        return members.merging(lists.mapValues(JSONValue.array)) { $1 }
    }
}
