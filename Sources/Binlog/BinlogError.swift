/// Why bytes of a binlog could not be decoded, and where they stand. The reader never guesses: whoever gets this error stops.
package struct BinlogError: Error, Sendable, Equatable {
    package enum Code: Sendable, Equatable {
        /// The bytes end before what they announce.
        case truncated
        /// The bytes contradict the format.
        case malformed
        /// The checksum of the event differs.
        case checksum
        /// A size is over a limit of ours.
        case tooLarge
        /// The format is known, its content cannot be decoded; the detail names the setting to change.
        case unsupported
        /// The column list at hand is missing or another one than that of the event.
        case definition
        /// The source says itself that events were lost.
        case incident
    }

    package var code: Code
    package var detail: String
    package var event: String?
    package var table: String?
    package var column: String?
    package var file: String?
    package var position: UInt64?

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    static let truncated = BinlogError(.truncated, "the bytes end too early")

    /// The same error with the places that are not known yet filled in.
    func at(_ origin: Origin, table: String? = nil, column: String? = nil) -> BinlogError {
        var error = self
        error.event = event ?? origin.type.name
        error.file = file ?? origin.file
        error.position = position ?? origin.position
        error.table = self.table ?? table
        error.column = self.column ?? column
        return error
    }
}

extension BinlogError: CustomStringConvertible {
    package var description: String {
        var places: [String] = []
        if let event { places.append("event \(event)") }
        if let table { places.append("table \(table)") }
        if let column { places.append("column \(column)") }
        if let file { places.append("file \(file)") }
        if let position { places.append("position \(position)") }
        return places.isEmpty ? detail : "\(detail) (\(places.joined(separator: ", ")))"
    }
}

/// Where an event stands in the source's binlog; carried by what is decoded later, so that its errors can say it.
package struct Origin: Sendable, Equatable {
    package let type: EventType
    package let file: String
    /// Offset of the event's first byte.
    package let position: UInt64
}
