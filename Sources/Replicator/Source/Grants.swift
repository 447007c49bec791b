package import SQLClient

/// What a session's user may do, as the server tells it.
package struct Grants: Sendable {
    private struct Grant {
        let rights: Set<String>
        /// `*.*`, ``shop`.*`.
        let object: String
    }

    private let grants: [Grant]

    /// Rights of roles that are active count.
    package init(_ session: SQLSession) throws {
        var lines = try session.rows("SHOW GRANTS").compactMap { $0.first ?? nil }
        if !session.flavor.isMaria, session.flavor.isAtLeast(8),
            let roles = try session.value("SELECT CURRENT_ROLE()"), roles != "NONE"
        {
            lines += try session.rows("SHOW GRANTS FOR CURRENT_USER() USING \(roles)").compactMap { $0.first ?? nil }
        }
        self.init(lines: lines)
    }

    init(lines: [String]) { grants = lines.compactMap(Self.grant) }

    /// `GRANT SELECT, INSERT (a, b) ON `shop`.* TO …`; grants of roles have no ON.
    private static func grant(_ line: String) -> Grant? {
        let tokens = SQLTokenizer.tokens(of: Array(line.utf8), rules: SQLTokenizer.Rules())
        guard tokens.first?.isWord("GRANT") == true, let on = tokens.firstIndex(where: { $0.isWord("ON") }),
            let to = tokens[on...].firstIndex(where: { $0.isWord("TO") })
        else { return nil }
        var rights: Set<String> = []
        var words: [String] = []
        var depth = 0
        for token in tokens[1..<on] {
            if token.isSign("(") { depth += 1 }
            if token.isSign(")") { depth -= 1 }
            if depth == 0, token.isSign(",") {
                rights.insert(words.joined(separator: " "))
                words = []
            } else if depth == 0, token.kind == .word {
                words.append(token.text.uppercased())
            }
        }
        rights.insert(words.joined(separator: " "))
        return Grant(rights: rights, object: tokens[(on + 1)..<to].map(\.text).joined())
    }

    private func covers(_ grant: Grant, _ right: String) -> Bool {
        grant.rights.contains(right) || grant.rights.contains("ALL PRIVILEGES") || grant.rights.contains("ALL")
    }

    /// On everything.
    package func hasOne(of rights: [String]) -> Bool {
        grants.contains { grant in grant.object == "*.*" && rights.contains { covers(grant, $0) } }
    }

    /// On something.
    package func hasAnywhere(_ right: String) -> Bool { grants.contains { covers($0, right) } }
}
