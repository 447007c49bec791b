/// The part of the world that a run works on. As long as a run waits or runs, a submission with an equal claim, or with
/// one below it, joins that run and makes none of its own.
package struct Claim: Sendable, Hashable {
    /// What kind of work is done there; claims of different spaces never meet.
    package let space: String
    /// Absolute path in that space, without empty parts and without `/` at its end (`/` itself excepted).
    package let path: String

    package init(space: String, path: String) {
        self.space = space
        self.path = path
    }

    /// The path and everything above it, from the root.
    package var lineage: [String] {
        let parts = path.split(separator: "/")
        return ["/"] + parts.indices.map { "/" + parts[...$0].joined(separator: "/") }
    }
}
