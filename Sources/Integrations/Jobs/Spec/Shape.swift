import MartletCore

/// A struct of Nomad's job API. Decoding, defaults, the stored form, HCL and diffs all walk these tables, see
/// ``JobShape``.
struct Shape: Sendable {
    /// Of the Go type, as error texts have it.
    let name: String
    let fields: [ShapeField]
    /// The field that a block's label goes to; nil: blocks have none.
    let label: String?
    /// What a block has before it is read, where that is not what JSON without the field has.
    let inBlock: [String: JSONValue]
    private let exact: [String: Int]
    private let folded: [String: Int]

    init(_ name: String, label: String? = nil, inBlock: [String: JSONValue] = [:], _ fields: [ShapeField]) {
        self.name = name
        self.label = label
        self.inBlock = inBlock
        self.fields = fields
        exact = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
        folded = Dictionary(fields.enumerated().map { ($1.name.lowercased(), $0) }) { first, _ in first }
    }

    /// The field that a JSON key means; upper and lower case are the same.
    func index(of key: String) -> Int? { exact[key] ?? folded[key.lowercased()] }

    /// A value with nothing given, as it is sent.
    var empty: [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: fields.lazy.filter { $0.side != .stored }.map { ($0.name, $0.unset) })
    }
}

struct ShapeField: Sendable {
    /// Where a field exists: in what clients send and `jobs/parse` answers, in what the server keeps and shows, or both.
    enum Side { case both, sent, stored }

    let name: String
    let kind: FieldKind
    /// What it is when nothing was given: null for pointers, lists and maps, else the zero of its kind.
    let unset: JSONValue
    /// Takes the place of null when a job is made canonical; nil: null stays.
    var fill: JSONValue?
    /// Its key or block in HCL; nil: it cannot be written there.
    var hcl: String?
    var side = Side.both
    /// A pointer on the server, too: null stays null in the stored form.
    var staysNull = false
    /// An empty list or map is stored as null.
    var emptyIsNull = false

    /// A pointer, list or map: null when absent.
    static func optional(
        _ name: String, _ kind: FieldKind, fill: JSONValue? = nil, hcl: String? = nil, emptyIsNull: Bool = false
    ) -> ShapeField {
        ShapeField(name: name, kind: kind, unset: .null, fill: fill, hcl: hcl, emptyIsNull: emptyIsNull)
    }

    /// A plain value: its kind's zero when absent.
    static func plain(_ name: String, _ kind: FieldKind, hcl: String? = nil) -> ShapeField {
        ShapeField(name: name, kind: kind, unset: kind.zero, hcl: hcl)
    }

    func only(_ side: Side) -> ShapeField {
        var field = self
        field.side = side
        return field
    }

    var nullable: ShapeField {
        var field = self
        field.staysNull = true
        return field
    }
}

indirect enum FieldKind: Sendable {
    case string, bool
    /// Integer nanoseconds.
    case duration
    case int(GoInteger)
    case strings
    case stringMap
    /// Texts to lists of texts: headers of a check.
    case listMap
    /// Any object: a driver's configuration.
    case free
    /// Bytes, base64 in JSON.
    case bytes
    case object(Shape)
    /// `isPointer` matters to error texts only.
    case objects(Shape, isPointer: Bool)
    /// Names to objects.
    case shapes(Shape)

    static func objects(_ shape: Shape) -> FieldKind { .objects(shape, isPointer: true) }
    static var int: FieldKind { .int(.int) }

    var zero: JSONValue {
        switch self {
        case .string: ""
        case .bool: false
        case .int, .duration: 0
        default: .null
        }
    }

    /// As Go's decoder names it.
    var goType: String {
        switch self {
        case .string: "string"
        case .bool: "bool"
        case .duration: "time.Duration"
        case .int(let type): type.rawValue
        case .strings: "[]string"
        case .stringMap: "map[string]string"
        case .listMap: "map[string][]string"
        case .free: "map[string]interface {}"
        case .bytes: "[]uint8"
        case .object(let shape): "api.\(shape.name)"
        case .objects(let shape, let isPointer): "[]\(isPointer ? "*" : "")api.\(shape.name)"
        case .shapes(let shape): "map[string]*api.\(shape.name)"
        }
    }
}

/// Go's integer types, with what fits both them and ours.
enum GoInteger: String, Sendable {
    case int, int8, int64, uint8, uint64

    var range: ClosedRange<Int64> {
        switch self {
        case .int, .int64: Int64.min...Int64.max
        case .int8: -128...127
        case .uint8: 0...255
        case .uint64: 0...Int64.max
        }
    }
}
