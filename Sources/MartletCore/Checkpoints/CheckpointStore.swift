/// Keys with values as Consul's key/value store has them: where replication keeps how far it has come. Indexes rise with every
/// change. Throws `unavailable` when a store elsewhere cannot be reached.
package protocol CheckpointStore: Sendable {
    /// One key; nil: it is not there.
    func entry(_ key: String, _ wait: CheckpointWait?) async throws -> Indexed<CheckpointEntry?>
    /// What begins with `prefix`, byte by byte, in the order of the keys.
    func entries(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[CheckpointEntry]>
    /// The same without values.
    func keys(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[String]>
    /// False, and nothing is changed, when the key's index is not `ifIndex`; 0: there must be no such key; nil: whatever it is.
    func put(_ key: String, _ value: [UInt8], flags: UInt64, ifIndex: Int64?) async throws -> Bool
    /// False when the key is there with another index than `ifIndex`.
    func delete(_ key: String, ifIndex: Int64?) async throws -> Bool
    /// Removes all that begins with `prefix` at once.
    func delete(under prefix: String) async throws
}

/// How long to wait for a change: an answer comes when its index is above `index`, or after `limit`.
package struct CheckpointWait: Sendable, Hashable {
    package let index: Int64
    package let limit: Duration
    package init(after index: Int64, for limit: Duration) {
        self.index = index
        self.limit = limit
    }
}

/// What was found, with the index to wait from.
package struct Indexed<Value: Sendable>: Sendable {
    package let value: Value
    package let index: Int64
    package init(_ value: Value, _ index: Int64) {
        self.value = value
        self.index = index
    }
}

/// One key with its value.
package struct CheckpointEntry: Sendable, Hashable {
    package let key: String
    package let value: [UInt8]
    /// Whatever its writer means by it.
    package let flags: UInt64
    package let createIndex: Int64
    package let modifyIndex: Int64
    /// How often a session of Consul held it; 0 in a store without sessions.
    package let lockIndex: Int64

    package init(
        key: String, value: [UInt8], flags: UInt64, createIndex: Int64, modifyIndex: Int64, lockIndex: Int64 = 0
    ) {
        self.key = key
        self.value = value
        self.flags = flags
        self.createIndex = createIndex
        self.modifyIndex = modifyIndex
        self.lockIndex = lockIndex
    }

    /// Bytes that a value may have, as in Consul.
    package static let largestValue = 512 << 10
    /// Bytes of all values of one answer together.
    package static let largestList = 8 << 20
    private static let longestKey = 1024

    /// What is wrong with a key or a prefix of keys; nil: nothing.
    package static func problem(withKey key: String) -> String? {
        if key.utf8.count > longestKey { return "the key is longer than \(longestKey) bytes" }
        let isPlain = key.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value < 0x10_FFFF }
        return isPlain ? nil : "the key has a control character"
    }
}
