/// Tables that foreign keys join, over whatever others.
struct TableFamilies {
    private var parents: [String: String] = [:]

    init(_ links: [(TableName, TableName)]) {
        for (one, other) in links {
            let roots = [root(Self.name(one)), root(Self.name(other))]
            if roots[0] != roots[1] { parents[roots[0]] = roots[1] }
        }
    }

    /// Of one that has no foreign keys. Servers may show names in either case.
    static func name(_ table: TableName) -> String { table.quoted.lowercased() }

    /// The same for all tables of a family.
    func family(of table: TableName) -> String { root(Self.name(table)) }

    private func root(_ name: String) -> String {
        var name = name
        while let parent = parents[name] { name = parent }
        return name
    }
}
