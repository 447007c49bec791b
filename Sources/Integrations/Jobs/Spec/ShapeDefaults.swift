import MartletCore

extension Shape {
    /// `values` with each null that has a default filled in, through all that it holds.
    func filled(_ values: [String: JSONValue]) -> [String: JSONValue] {
        var filled = values
        for field in fields where field.side != .stored {
            let value = values[field.name] ?? .null
            switch (field.kind, value) {
            case (_, .null): if let fill = field.fill { filled[field.name] = fill }
            case (.object(let shape), .object(let members)): filled[field.name] = .object(shape.filled(members))
            case (.objects(let shape, _), .array(let elements)):
                filled[field.name] = .array(elements.map { .object(shape.filled($0.object ?? [:])) })
            case (.shapes(let shape), .object(let members)):
                filled[field.name] = .object(members.mapValues { .object(shape.filled($0.object ?? [:])) })
            default: break
            }
        }
        return filled
    }

    /// `values` with each null of this struct's own that has a default filled in; what it holds is left alone.
    func filledAtTop(_ values: [String: JSONValue]) -> [String: JSONValue] {
        var filled = values
        for field in fields where values[field.name] == .null {
            if let fill = field.fill { filled[field.name] = fill }
        }
        return filled
    }

    /// The form that the server keeps and shows: without what only clients send, no null where the server has a plain
    /// value.
    func stored(_ values: [String: JSONValue]) -> [String: JSONValue] {
        var stored: [String: JSONValue] = [:]
        stored.reserveCapacity(fields.count)
        for field in fields where field.side != .sent {
            stored[field.name] = field.stored(values[field.name] ?? .null)
        }
        return stored
    }
}

extension ShapeField {
    fileprivate func stored(_ value: JSONValue) -> JSONValue {
        switch (kind, value) {
        case (_, .null): staysNull ? .null : kind.zero
        case (_, .array(let elements)) where emptyIsNull && elements.isEmpty: .null
        case (_, .object(let members)) where emptyIsNull && members.isEmpty: .null
        case (.object(let shape), .object(let members)): .object(shape.stored(members))
        case (.objects(let shape, _), .array(let elements)):
            .array(elements.map { .object(shape.stored($0.object ?? [:])) })
        case (.shapes(let shape), .object(let members)):
            .object(members.mapValues { .object(shape.stored($0.object ?? [:])) })
        default: value
        }
    }
}

extension [String: JSONValue] {
    /// These values, with those of `others` that are not null in their place.
    func overlaid(with others: [String: JSONValue]) -> [String: JSONValue] {
        merging(others) { $1 == .null ? $0 : $1 }
    }

    func overlaid(with other: JSONValue?) -> [String: JSONValue] {
        other?.object.map { overlaid(with: $0) } ?? self
    }

    func text(_ name: String) -> String { self[name]?.string ?? "" }

    func integer(_ name: String) -> Int64 {
        if case .int(let number)? = self[name] { number } else { 0 }
    }

    func flag(_ name: String) -> Bool { self[name] == .bool(true) }

    func texts(_ name: String) -> [String] { self[name]?.array?.compactMap(\.string) ?? [] }

    func textMap(_ name: String) -> [String: String] { self[name]?.object?.compactMapValues(\.string) ?? [:] }

    func objects(_ name: String) -> [[String: JSONValue]] { self[name]?.array?.map { $0.object ?? [:] } ?? [] }
}
