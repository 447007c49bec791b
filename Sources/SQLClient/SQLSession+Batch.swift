internal import CMariaDB

extension SQLSession {
    /// From here on `runAll` may send several statements at once.
    package func allowBatches() throws(SQLError) {
        guard mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_ON) == 0 else { throw Self.error(handle) }
    }

    /// Runs statements with semicolons between them, in one round trip; one outcome for each. Rows they return are dropped.
    /// - Throws: the first error; the statements after it did not run, and `done` says how many ran before it.
    package func runAll(_ sql: [UInt8], done: inout Int) throws(SQLError) -> [SQLOutcome] {
        done = 0
        let failed = sql.withUnsafeBytes { bytes in
            mysql_real_query(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt(bytes.count)) != 0
        }
        if failed { throw Self.error(handle) }
        var outcomes = [try outcome()]
        while true {
            done = outcomes.count
            switch mysql_next_result(handle) {
            case 0: outcomes.append(try outcome())
            case -1: return outcomes
            default: throw Self.error(handle)
            }
        }
    }
}
