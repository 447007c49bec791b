import Binlog

/// Why changes cannot be applied; nothing of the transaction was.
package struct ApplyError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Somebody has to do something about it.
        case final
        /// A transaction that was not kept was cut off: read again from the position of the last end.
        case replay
    }

    package let kind: Kind
    package let description: String

    package init(_ description: String, kind: Kind = .final) {
        self.kind = kind
        self.description = description
    }

    /// With the table and the place in the source's binlog.
    init(_ reason: String, _ table: String, _ origin: Origin) {
        self.init(
            "\(reason) (table \(table), event \(origin.type.name), file \(origin.file), position \(origin.position))")
    }
}
