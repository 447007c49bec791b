import MartletCore

/// One pass over a document with a stack of its own: how deep it is costs memory, never the thread's stack.
struct GoScanner {
    enum Extent { case whole, first }

    private struct Frame {
        let isObject: Bool
        var elements: [JSONValue] = []
        var members: [String: JSONValue] = [:]
        var key = ""

        var value: JSONValue { isObject ? .object(members) : .array(elements) }
    }

    static let maxDepth = 10_000
    /// Lists and objects that lie deeper are checked but stay empty: a value's end recurses into all that it holds.
    static let keptDepth = 128

    let bytes: [UInt8]
    var at = 0
    /// The last number, as written.
    var numberText = ""
    private let extent: Extent
    private var frames: [Frame] = []
    private var topMembers: [GoDocument.Member] = []

    init(_ bytes: [UInt8], extent: Extent) {
        self.bytes = bytes
        self.extent = extent
    }

    var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func document() throws(GoJSONError) -> GoDocument {
        let value = try value()
        if extent == .whole {
            skipSpace()
            if peek != nil { throw unexpected("after top-level value") }
        }
        return GoDocument(value: value, members: topMembers)
    }

    /// What to say about the byte here, or about the end of the input when there is none. Go ends a whole input with an
    /// imagined space, so a token that is cut by the end is told as one that a space follows.
    func unexpected(_ context: String, inToken: Bool = false) -> GoJSONError {
        if let byte = peek { return GoJSONError(unexpected: byte, context) }
        switch extent {
        case .whole where inToken: return GoJSONError(unexpected: UInt8(ascii: " "), context)
        case .whole: return GoJSONError("unexpected end of JSON input")
        case .first: return GoJSONError(bytes.allSatisfy(Self.isSpace) ? "EOF" : "unexpected EOF")
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private mutating func skipSpace() {
        while let byte = peek, Self.isSpace(byte) { at += 1 }
    }

    private mutating func value() throws(GoJSONError) -> JSONValue {
        while true {
            var finished = try begin()
            while let value = finished {
                if frames.isEmpty { return value }
                finished = try proceed(after: value)
            }
        }
    }

    /// Reads a value from its start: nil when it is a list or an object that holds something.
    private mutating func begin() throws(GoJSONError) -> JSONValue? {
        skipSpace()
        switch peek {
        case UInt8(ascii: "["): return try open(Frame(isObject: false))
        case UInt8(ascii: "{"): return try open(Frame(isObject: true))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"): return try number()
        case .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func open(_ frame: Frame) throws(GoJSONError) -> JSONValue? {
        guard frames.count < Self.maxDepth else { throw unexpected("exceeded max depth") }
        at += 1
        skipSpace()
        if peek == UInt8(ascii: frame.isObject ? "}" : "]") {
            at += 1
            return frame.value
        }
        frames.append(frame)
        if frame.isObject { try key() }
        return nil
    }

    private mutating func key() throws(GoJSONError) {
        skipSpace()
        guard peek == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
        frames[frames.count - 1].key = try string()
        skipSpace()
        guard peek == UInt8(ascii: ":") else { throw unexpected("after object key") }
        at += 1
    }

    /// Adds a value to the innermost frame: nil when another one follows, else the frame's own value, which is complete.
    private mutating func proceed(after value: JSONValue) throws(GoJSONError) -> JSONValue? {
        let isObject = add(value)
        skipSpace()
        switch peek {
        case UInt8(ascii: ","):
            at += 1
            if isObject { try key() }
            return nil
        case UInt8(ascii: isObject ? "}" : "]"):
            at += 1
            return frames.removeLast().value
        default: throw unexpected(isObject ? "after object key:value pair" : "after array element")
        }
    }

    private mutating func add(_ value: JSONValue) -> Bool {
        let top = frames.count - 1
        guard top < Self.keptDepth else { return frames[top].isObject }
        guard frames[top].isObject else {
            frames[top].elements.append(value)
            return false
        }
        let key = frames[top].key
        frames[top].members[key] = value
        if top == 0 { topMembers.append(.init(key: key, value: value, numberText: numberText)) }
        return true
    }
}
