package import Replication

/// What a statement that is no change of rows does, and which tables it names.
package struct Definition: Sendable {
    package enum Kind: Sendable, Equatable {
        case createSchema
        case alterSchema
        case dropSchema
        case createTable
        case alterTable
        case dropTables
        case truncate
        case renameTables
        case createIndex
        case dropIndex
        case createView
        case dropViews
        case createTrigger
        case dropTrigger
        /// Functions, procedures and events; created, changed or dropped.
        case routine
        case event
        /// MariaDB's.
        case sequence
        /// Users, roles, rights.
        case account
        /// Changes nothing that is replicated: ANALYZE, FLUSH, temporary tables.
        case nothing
        /// Makes rows visible that were prepared before.
        case xaCommit
        /// Not known here: it may change rows, where the source's session logs statements.
        case unknown
    }

    /// A name in the statement, with its schema where it stands there.
    package struct Mention: Sendable, Equatable {
        package let name: TableName
        /// Bytes of the statement.
        package let range: Range<Int>
        /// Of these, the schema's.
        package var schema: Range<Int>?
        /// Of these, the table's; nil: it is the name of a schema.
        package var table: Range<Int>?
    }

    package let kind: Kind
    /// The schema of a statement on schemas.
    package var schema: Mention?
    /// What the statement makes, changes or drops, in its order; of RENAME the old and the new name by turns.
    package var objects: [Mention] = []
    /// Other tables that it names: LIKE, REFERENCES, the table of a trigger, ALTER TABLE … RENAME, EXCHANGE and CONVERT.
    package var others: [Mention] = []
    /// Those in ALTER TABLE … EXCHANGE and CONVERT, which are also among `others`: rows go to them or come from them.
    package var partners: [TableName] = []
    /// The new name in ALTER TABLE … RENAME, which is also among `others`.
    package var newName: TableName?
    /// A second run of ALTER TABLE undoes the first, or does it twice.
    package var isHarmfulTwice = false
    /// What it counts as for `SqlFilter`.
    package var classes: Set<ChangeFilter> = []
    /// CREATE TABLE … SELECT as its session typed it: where rows are logged, they follow and the SELECT is gone.
    package var selectsRows = false
    /// `START TRANSACTION` at the end of a CREATE TABLE of MySQL: rows follow.
    package var startsTransaction: Range<Int>?
    /// MariaDB's `SET STATEMENT … FOR` before it; what it sets is in the statement's session.
    package var settings: Range<Int>?
    /// ENABLE, DISABLE or DISABLE ON REPLICA of an event; where CREATE EVENT has none, the place for it.
    package var state: Range<Int>?
    /// Where a trigger's body begins.
    package var body: Int?
}
