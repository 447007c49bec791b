import MartletCore
import SQLClient

/// What tables of the target are at a time, in few characters: it tells whether a statement that must not run twice has run.
struct TableLook: Equatable {
    private static let numbered = "n"

    /// As it stands in the target's account.
    let text: String

    /// Whether it also tells tables of one definition apart.
    var hasNumbers: Bool { text.hasPrefix(Self.numbered) }

    init(text: String) { self.text = text }

    init(_ tables: [TableName], _ session: SQLSession) throws {
        var parts: [String] = []
        var numbers: [[String?]] = []
        for table in tables {
            parts.append(table.quoted)
            do {
                let shown = try session.rows("SHOW CREATE TABLE \(table.quoted)").first?[1] ?? ""
                parts.append(CreateStatement.fingerprint(shown))
                let found = try Self.numbers(table, session)
                if found.isEmpty { numbers.append([nil]) }
                numbers += found
            } catch let error as SQLError {
                if error.kind != .missing { throw error }
                parts.append("")
            }
        }
        let isNumbered = !numbers.contains([nil])
        if isNumbered { parts += numbers.map { $0.compactMap(\.self).joined(separator: " ") } }
        let digest = String(FNV1a.hash(parts.joined(separator: "\n")), radix: 16)
        text = (isNumbered ? Self.numbered : "d") + digest
    }

    /// InnoDB's number of the table and of its partitions; none for names that it writes otherwise, for other engines, and
    /// without the right to see them.
    private static func numbers(_ table: TableName, _ session: SQLSession) throws -> [[String?]] {
        let isNew = !session.flavor.isMaria && session.flavor.isAtLeast(8)
        let name = "\(table.schema)/\(table.table)"
        do {
            return try session.rows(
                "SELECT NAME, TABLE_ID FROM information_schema.\(isNew ? "INNODB_TABLES" : "INNODB_SYS_TABLES") "
                    + "WHERE NAME = \(SQLText.quoted(name)) "
                    + "OR LEFT(NAME, CHAR_LENGTH(\(SQLText.quoted(name))) + 1) = \(SQLText.quoted(name + "#")) "
                    + "ORDER BY NAME")
        } catch let error as SQLError where error.kind == .denied {
            return []
        }
    }
}
