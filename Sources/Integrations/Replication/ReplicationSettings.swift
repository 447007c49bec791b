package import MartletCore

/// What one task of the driver `dtle` is told to do: every key of its configuration, as dtle 3.20.12 has them.
package struct ReplicationSettings: Sendable, Hashable {
    /// Characters that the id of a job may have: it is a key in the target's checkpoint table.
    package static let longestJobID = 64

    /// Where the task reads, or writes.
    package enum Endpoint: Sendable, Hashable {
        case server(ConnectionSettings)
        /// Of targets only.
        case kafka(KafkaSettings)
    }

    package var endpoint: Endpoint

    // MARK: What is replicated

    /// Empty: every schema that is not the system's.
    package var replicated: [SchemaRule] = []
    /// Counts where `replicated` is empty.
    package var ignored: [IgnoredSchema] = []
    /// Kinds of changes that are left out.
    package var filter: Set<ChangeFilter> = []
    package var dropsTables = false
    /// Neither schemas nor tables are made.
    package var skipsCreation = false
    /// Users, grants and routines are replicated, too.
    package var expandsSyntax = false

    // MARK: Where it begins

    /// What is not to be replicated: a set of transactions. Empty: everything there is, first.
    package var executed = ""
    /// The transaction to begin at; empty: none is named.
    package var startingAt = ""
    /// Begins with what comes next.
    package var startsNow = false
    /// A file of the binlog to begin in; empty: none is named.
    package var binlogFile = ""
    /// In bytes, in `binlogFile`.
    package var binlogPosition = 0
    /// Binlogs are copied here before they are read.
    package var relaysBinlog = false
    /// Nothing after what there is.
    package var skipsIncrement = false

    // MARK: How much at once

    /// Transactions that may wait for the workers; nil: as many as there is memory for.
    package var bufferSize: Int?
    /// What dtle has where it is not said.
    package static let usualBufferSize = 180
    /// Rows of one read of what there is.
    package var chunkSize = 2000
    /// Bytes of transactions that are sent as one; 1: each by itself.
    package var groupBytes = 1
    package var groupTimeout = Duration.milliseconds(100)
    /// Connections that write.
    package var workers = 1
    /// The task fails when it has sent so many GiB; 0: never.
    package var trafficLimit = 0
    package var retries = 5
    /// What happens where the target's rows are not what the source's were: of ours, dtle has no such key.
    package var policy = ApplyPolicy.idempotent
    package var skipsPrivilegeCheck = false
}

/// What to do with a row of the target that is not what it was at the source.
package enum ApplyPolicy: String, Sendable, Hashable, CaseIterable {
    /// Stop: a row that is missing, or one too many, is an error.
    case strict
    /// Make the row what it is at the source, and count it.
    case idempotent
}

/// A server that is read from or written to.
package struct ConnectionSettings: Sendable, Hashable {
    package var host: String
    package var port: Int
    package var user: String
    package var password: Secret
    package var charset = "utf8mb4"
}

/// A topic that is written to.
package struct KafkaSettings: Sendable, Hashable {
    package var topic: String
    package var brokers: [String]
    package var converter = "json"
    package var timeZone = "UTC"
}

/// A schema that is replicated, or all that fit a pattern.
package struct SchemaRule: Sendable, Hashable {
    package var name = ""
    package var pattern = ""
    /// Empty: the same as at the source. With a pattern: a template with `${1}`.
    package var rename = ""
    /// Empty: all of its tables.
    package var tables: [TableRule] = []
}

/// A table that is replicated, or all that fit a pattern.
package struct TableRule: Sendable, Hashable {
    package var name = ""
    package var pattern = ""
    package var rename = ""
    /// A condition on rows, in SQL; empty: all rows.
    package var condition = ""
    /// Columns of the source in the target's order; empty: as they are.
    package var columns: [String] = []
}

/// A schema, or some of its tables, that is not replicated.
package struct IgnoredSchema: Sendable, Hashable {
    package var name = ""
    /// Empty: all of its tables.
    package var tables: [String] = []
}

/// Kinds of changes, by dtle's names for leaving them out.
package enum ChangeFilter: String, Sendable, Hashable, CaseIterable {
    case allRows = "NoDML"
    case inserts = "NoDMLInsert"
    case updates = "NoDMLUpdate"
    case deletes = "NoDMLDelete"
    case allDefinitions = "NoDDL"
    case createTable = "NoDDLCreateTable"
    case dropTable = "NoDDLDropTable"
    case alterTable = "NoDDLAlterTable"
    case addColumn = "NoDDLAlterTableAddColumn"
    case dropColumn = "NoDDLAlterTableDropColumn"
    case modifyColumn = "NoDDLAlterTableModifyColumn"
    case changeColumn = "NoDDLAlterTableChangeColumn"
    case alterColumn = "NoDDLAlterTableAlterColumn"

    /// In any case.
    package init?(word: String) {
        guard let filter = Self.allCases.first(where: { $0.rawValue.lowercased() == word.lowercased() }) else {
            return nil
        }
        self = filter
    }
}
