package import SQLClient

extension SQLSession {
    /// Makes values come as they are stored: texts in the bytes of their columns, times in UTC, nothing padded.
    package func prepareForReading() throws {
        try run(
            "SET SESSION time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES', character_set_results = NULL, "
                + "net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 86400, sql_quote_show_create = 1")
        let limits = ["max_statement_time", "idle_transaction_timeout", "idle_readonly_transaction_timeout"]
        for limit in flavor.isMaria ? limits : ["max_execution_time"] { try run("SET SESSION \(limit) = 0") }
    }

    /// Makes values stay as they come: zeros in AUTO_INCREMENT, days that do not exist, rows before those they refer to.
    /// Triggers that were copied do nothing in such a session: what they did comes as rows.
    package func prepareForWriting() throws {
        try run(
            "SET SESSION time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', "
                + "foreign_key_checks = 0, net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 86400, "
                + "\(TriggerGuard.variable) = 1")
        guard !flavor.isMaria else {
            try run("SET SESSION check_constraint_checks = 0, max_statement_time = 0")
            return
        }
        for setting in ["sql_require_primary_key", "sql_generate_invisible_primary_key", "innodb_strict_mode"] {
            // Not every user may change it, and not every version has it.
            try run("SET SESSION \(setting) = 0", unless: [.denied, .missing])
        }
    }
}
