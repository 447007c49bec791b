/// One thing that is wrong with a task's configuration.
package struct ReplicationProblem: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// No such key.
        case unknown
        /// A key that has to be there is not.
        case missing
        /// A value of another type.
        case type
        /// A value that cannot be worked with.
        case value
    }

    package let kind: Kind
    /// Of the block it is in: `ReplicateDoDb[0].Tables[1].`; empty at the top.
    package let path: String
    /// The key, as it was written.
    package let key: String
    /// What to write instead: `a number is required`.
    package let fix: String

    package var description: String { "\(path)\(key): \(fix)" }
}

/// Why a task cannot be started.
package struct InvalidReplication: Error, Sendable, Hashable {
    /// Not empty.
    package let problems: [ReplicationProblem]
}
