/// Finds forms of ALTER TABLE that, run a second time, undo what they did or do it twice. Others are refused the second time,
/// or change nothing.
enum SecondRun {
    /// `clauses`: what stands between the commas.
    static func isHarmful(_ clauses: [ArraySlice<SQLToken>]) -> Bool {
        var (old, new): (Set<String>, Set<String>) = ([], [])
        for clause in clauses {
            var rest = clause
            guard let verb = rest.popFirst() else { continue }
            if let pair = renaming(verb, rest) {
                old.insert(pair.old)
                new.insert(pair.new)
            }
            if verb.isWord("EXCHANGE") || verb.isWord("COALESCE") { return true }
            if verb.isWord("ADD"), doubles(&rest) { return true }
            if verb.isWord("MODIFY") || verb.isWord("CHANGE"), rest.contains(where: { $0.isWord("UNIQUE") }) {
                return true
            }
        }
        // Names that are swapped.
        return !old.isDisjoint(with: new)
    }

    /// Columns and indexes have names of their own.
    private static func renaming(_ verb: SQLToken, _ rest: ArraySlice<SQLToken>) -> (old: String, new: String)? {
        let options = ["IF", "EXISTS", "TO", verb.isWord("CHANGE") ? "COLUMN" : "TO"]
        var names = rest.filter { token in !options.contains { token.isWord($0) } }[...]
        var prefix = "column "
        if verb.isWord("RENAME") {
            guard let kind = names.popFirst(), ["COLUMN", "INDEX", "KEY"].contains(where: { kind.isWord($0) }) else {
                return nil
            }
            if !kind.isWord("COLUMN") { prefix = "index " }
        } else if !verb.isWord("CHANGE") {
            return nil
        }
        guard let old = names.popFirst()?.text.lowercased(), let new = names.popFirst()?.text.lowercased(), old != new
        else { return nil }
        return (prefix + old, prefix + new)
    }

    /// What comes without a name gets another one each time.
    private static func doubles(_ rest: inout ArraySlice<SQLToken>) -> Bool {
        func take(_ words: String...) -> Bool {
            guard let first = rest.first, words.contains(where: { first.isWord($0) }) else { return false }
            rest = rest.dropFirst()
            return true
        }
        if take("PARTITION") { return rest.contains { $0.isWord("PARTITIONS") } }
        if take("CONSTRAINT") {
            let kinds = ["FOREIGN", "UNIQUE", "CHECK", "PRIMARY"]
            guard let next = rest.first, kinds.contains(where: { next.isWord($0) }) else { return false }
        }
        if take("CHECK") || take("FOREIGN") { return true }
        let isSpecial = take("UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR")
        guard take("INDEX", "KEY") || isSpecial else { return false }
        while take("IF", "NOT", "EXISTS") {}
        guard let next = rest.first else { return false }
        return next.isSign("(") || next.isWord("USING")
    }
}
