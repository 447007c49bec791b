package import SQLClient

/// What a source cannot be replicated for, and what to do about it.
package struct SourceRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The variable or the right.
    package let name: String
    package let reason: String
    package var description: String { "\(name) \(reason)" }
}

/// What of a source its target has to know.
package struct SourceFacts: Sendable, Hashable {
    package let flavor: Flavor
    package let serverID: Int
    /// Nil: MariaDB has none.
    package let serverUUID: String?
    package let lowerCaseTableNames: Int
    /// What works and could work better, for people.
    package var remarks: [String] = []
}

/// Looks whether a server can be replicated from: rights first, then its settings (contract C.7.1).
package struct SourceCheck {
    private let session: SQLSession
    private var isMaria: Bool { session.flavor.isMaria }

    package init(_ session: SQLSession) { self.session = session }

    /// - Throws: `SourceRefusal` for the first thing that is wrong; `SQLError`.
    package func run(skipsPrivileges: Bool = false) throws -> SourceFacts {
        try checkVersion()
        if !skipsPrivileges { try checkPrivileges() }
        try require("log_bin", "ON", "1")
        try require("binlog_format", "ROW")
        try require("binlog_row_image", "FULL")
        try isMaria ? checkMaria() : checkMySQL()
        try checkLoggedSchemas()
        let serverID = try value("server_id").flatMap { Int($0) } ?? 0
        guard serverID > 0 else {
            throw SourceRefusal(name: "server_id", reason: "is 0: give the source a number of its own")
        }
        return SourceFacts(
            flavor: session.flavor, serverID: serverID, serverUUID: isMaria ? nil : try value("server_uuid"),
            lowerCaseTableNames: try value("lower_case_table_names").flatMap { Int($0) } ?? 0, remarks: try remarks())
    }

    private func value(_ variable: String) throws -> String? { try session.value("SELECT @@GLOBAL.\(variable)") }

    private func require(_ variable: String, _ wanted: String...) throws {
        let found = try value(variable) ?? ""
        guard !wanted.contains(found.uppercased()) else { return }
        throw SourceRefusal(name: variable, reason: "is \(found.isEmpty ? "empty" : found): it must be \(wanted[0])")
    }

    private func checkVersion() throws {
        let isNew = isMaria ? session.flavor.isAtLeast(10, 5) : session.flavor.isAtLeast(5, 7)
        guard isNew else {
            throw SourceRefusal(name: "version", reason: "is \(session.flavor): MariaDB 10.5 or MySQL 5.7 at least")
        }
    }

    private func checkMaria() throws {
        guard session.flavor.isAtLeast(10, 8) else { return }
        try require("binlog_alter_two_phase", "OFF", "0")
    }

    private func checkMySQL() throws {
        try require("gtid_mode", "ON")
        guard session.flavor.isAtLeast(8) else { return }
        let options = try value("binlog_row_value_options") ?? ""
        guard options.isEmpty else {
            throw SourceRefusal(name: "binlog_row_value_options", reason: "is \(options): it must be empty")
        }
    }

    /// A schema whose changes are not logged would be copied once and never again.
    private func checkLoggedSchemas() throws {
        let isNew = !isMaria && session.flavor.isAtLeast(8, 2)
        let row = try session.rows(isNew ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS").first ?? []
        for (index, name) in [(2, "binlog_do_db"), (3, "binlog_ignore_db")] where row.count > index {
            guard let schemas = row[index], !schemas.isEmpty else { continue }
            throw SourceRefusal(
                name: name, reason: "is \(schemas): changes of other schemas are not logged, take it out")
        }
    }

    private func remarks() throws -> [String] {
        let metadata = try? value("binlog_row_metadata")
        guard metadata == "NO_LOG" else { return [] }
        return [
            "binlog_row_metadata is NO_LOG: with FULL changed tables are read by what the binlog itself says of them"
        ]
    }

    // MARK: Rights

    private func checkPrivileges() throws {
        let grants = try Grants(session)
        let follow = ["REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"]
        guard grants.hasOne(of: follow) else { throw missing("REPLICATION CLIENT", "ON *.*") }
        guard grants.hasOne(of: ["REPLICATION SLAVE", "REPLICATION REPLICA"]) else {
            throw missing("REPLICATION SLAVE", "ON *.*")
        }
        guard grants.hasAnywhere("SELECT") else { throw missing("SELECT", "on what is replicated") }
    }

    private func missing(_ right: String, _ place: String) -> SourceRefusal {
        SourceRefusal(
            name: right, reason: "is missing: grant \(right) \(place) to the source's user, or set SkipPrivilegeCheck")
    }
}
