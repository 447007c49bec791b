/// What the output of an attempt proves was done, counted in items of the driver's kind of work: files, hosts, tables.
package struct Evidence: Sendable, Hashable, Codable {
    /// Items that the attempt changed: loaded, copied.
    package var changed = 0
    /// Items that were as wanted already.
    package var unchanged = 0
    package var failed = 0
    /// All items there are; nil as long as nobody knows.
    package var expected: Int?
    /// Names of the failed items, the first ``mostFailures`` of them.
    package private(set) var failures: [String] = []
    /// What the driver must remember between two lines.
    package var memo: String?

    package static let mostFailures = 1000

    package init() {}

    /// Counts a failed item once, however often its output tells of it, as long as its name is kept.
    package mutating func fail(_ name: String) {
        guard !failures.contains(name) else { return }
        failed += 1
        if failures.count < Self.mostFailures { failures.append(String(name.prefix(4096))) }
    }
}
