package import SQLClient

/// Which character set a collation of the binlog belongs to.
package struct CharacterSets: Sendable {
    private var names: [UInt64: String] = [:]

    package init() {}

    /// As the server knows them; those of others by `formUnion`.
    package init(_ session: SQLSession) throws {
        try session.query("SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS") { row in
            guard let id = row.text(0).flatMap({ UInt64($0) }), let name = row.text(1) else { return }
            names[id] = name.lowercased()
        }
    }

    /// Ranges hold what one product has and the other does not list: MySQL's utf8mb4_0900_*, MariaDB's NOPAD, Croatian and
    /// uca1400 collations.
    package func name(_ collation: UInt64) -> String? {
        if let name = names[collation] { return name }
        switch collation {
        case 255...323: return "utf8mb4"
        case 576...607: return "utf8mb3"
        case 608...639: return "utf8mb4"
        case 640...671: return "ucs2"
        case 672...703: return "utf16"
        case 736...767: return "utf32"
        case 1024...2047: return names[collation - 1024]
        case 2048...3327: return ["utf8mb3", "utf8mb4", "ucs2", "utf16", "utf32"][Int(collation - 2048) / 256]
        default: return nil
        }
    }

    package mutating func formUnion(_ other: CharacterSets) { names.merge(other.names) { old, _ in old } }
}
