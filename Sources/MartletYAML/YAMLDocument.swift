import CYaml
package import MartletCore
// CYaml is libyaml as Yams carries it. Its events are read directly: Yams' own tree expands aliases and
// compares keys before anybody can set a limit.

/// Reads one YAML document as plain data, by the core schema of YAML 1.2: `no` and `on` are texts, `0027` is
/// a text. Anchors, aliases, tags, duplicate keys and a second document are errors; every error has its line.
package enum YAMLDocument {
    static let largest = 1 << 20
    static let deepest = 32

    package struct Failure: Error, CustomStringConvertible {
        package let line: Int
        package let message: String
        package var description: String { "line \(line): \(message)" }
    }

    @Sendable package static func parse(_ text: String) throws -> JSONValue { try node(text)?.value ?? .null }

    /// The document with its lines; nil when it is empty.
    package static func node(_ text: String) throws -> YAMLNode? {
        guard text.utf8.count <= largest else {
            throw Failure(line: 1, message: "the document is larger than 1 MiB")
        }
        var bytes = Array(text.utf8)
        return try bytes.withUnsafeMutableBufferPointer { buffer in
            var reader = EventReader(buffer)
            defer { reader.end() }
            return try reader.document()
        }
    }
}

/// Walks libyaml's events. The input must outlive it.
private struct EventReader {
    private struct Event {
        var type = YAML_NO_EVENT
        var line = 0
        var text = ""
        var isPlain = false
        var hasAnchor = false
        var hasTag = false
    }

    private var parser = yaml_parser_t()

    init(_ input: UnsafeMutableBufferPointer<UInt8>) {
        yaml_parser_initialize(&parser)
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(&parser, input.baseAddress, input.count)
    }

    mutating func end() { yaml_parser_delete(&parser) }

    mutating func document() throws -> YAMLNode? {
        _ = try next()
        guard try next().type == YAML_DOCUMENT_START_EVENT else { return nil }
        let value = try value(try next(), depth: 0)
        _ = try next()
        let last = try next()
        guard last.type == YAML_STREAM_END_EVENT else {
            throw YAMLDocument.Failure(line: last.line, message: "a second document starts; one file is one document")
        }
        return value
    }

    private mutating func value(_ event: Event, depth: Int) throws -> YAMLNode {
        guard depth <= YAMLDocument.deepest else {
            throw failure(event, "nested deeper than \(YAMLDocument.deepest) levels")
        }
        if event.hasAnchor { throw failure(event, "anchors and aliases are not taken; write the value out") }
        if event.hasTag { throw failure(event, "tags are not taken; put a text in quotes instead") }
        let content: YAMLNode.Content
        switch event.type {
        case YAML_SCALAR_EVENT: content = .scalar(event.text, isPlain: event.isPlain)
        case YAML_SEQUENCE_START_EVENT: content = .sequence(try sequence(depth))
        case YAML_MAPPING_START_EVENT: content = .mapping(try mapping(depth))
        default: throw failure(event, "not understood")
        }
        return YAMLNode(content: content, line: event.line)
    }

    private mutating func sequence(_ depth: Int) throws -> [YAMLNode] {
        var elements: [YAMLNode] = []
        while true {
            let event = try next()
            if event.type == YAML_SEQUENCE_END_EVENT { return elements }
            elements.append(try value(event, depth: depth + 1))
        }
    }

    private mutating func mapping(_ depth: Int) throws -> [YAMLNode.Member] {
        var members: [YAMLNode.Member] = []
        var keys: Set<String> = []
        while true {
            let key = try next()
            if key.type == YAML_MAPPING_END_EVENT { return members }
            guard key.type == YAML_SCALAR_EVENT, !key.hasAnchor, !key.hasTag else {
                throw failure(key, "a key must be a plain text")
            }
            guard keys.insert(key.text).inserted else { throw failure(key, "the key \(key.text) stands twice") }
            members.append(
                YAMLNode.Member(key: key.text, value: try value(try next(), depth: depth + 1), line: key.line))
        }
    }

    private func failure(_ event: Event, _ message: String) -> YAMLDocument.Failure {
        YAMLDocument.Failure(line: event.line, message: message)
    }

    private mutating func next() throws -> Event {
        var raw = yaml_event_t()
        guard yaml_parser_parse(&parser, &raw) == 1 else {
            let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
            throw YAMLDocument.Failure(line: Int(parser.problem_mark.line) + 1, message: problem)
        }
        defer { yaml_event_delete(&raw) }
        var event = Event(type: raw.type, line: Int(raw.start_mark.line) + 1)
        switch raw.type {
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            event.text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            event.isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            event.hasAnchor = scalar.anchor != nil
            event.hasTag = scalar.tag != nil
        case YAML_SEQUENCE_START_EVENT:
            event.hasAnchor = raw.data.sequence_start.anchor != nil
            event.hasTag = raw.data.sequence_start.tag != nil
        case YAML_MAPPING_START_EVENT:
            event.hasAnchor = raw.data.mapping_start.anchor != nil
            event.hasTag = raw.data.mapping_start.tag != nil
        case YAML_ALIAS_EVENT: event.hasAnchor = true
        default: break
        }
        return event
    }
}
