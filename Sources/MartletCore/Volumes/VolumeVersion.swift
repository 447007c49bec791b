package import Foundation

/// One backup of a volume as the catalogue knows it.
package struct VolumeVersion: Sendable, Hashable {
    /// Rises with every version of any volume.
    package let number: Int64
    package let volume: VolumeName
    package let mode: VolumeMode
    /// Unique: `<archive>-<second>.tar.gz`, `<archive>@<second>` or `<archive>-before-restore@<second>`.
    package let name: String
    package let content: Content
    package let run: RunID
    package let createdAt: Date
    /// Something could not be read; the rest is whole.
    package let isPartial: Bool

    package init(
        number: Int64, volume: VolumeName, mode: VolumeMode, name: String, content: Content, run: RunID,
        createdAt: Date, isPartial: Bool
    ) {
        self.number = number
        self.volume = volume
        self.mode = mode
        self.name = name
        self.content = content
        self.run = run
        self.createdAt = createdAt
        self.isPartial = isPartial
    }

    /// What the engine told about it.
    package struct Content: Sendable, Hashable, Codable {
        /// Id of the snapshot in the repository: hex digits.
        package var snapshot: String
        /// Machine that it was made on.
        package var node: String
        package var files: Int64
        /// Of all files together.
        package var bytes: Int64
        /// New bytes in the repository.
        package var added: Int64
        package var took: TimeSpan

        package init(
            snapshot: String, node: String, files: Int64 = 0, bytes: Int64 = 0, added: Int64 = 0,
            took: TimeSpan = .seconds(0)
        ) {
            self.snapshot = snapshot
            self.node = node
            self.files = files
            self.bytes = bytes
            self.added = added
            self.took = took
        }
    }

    /// The name that a version made in this second has, or, when it is taken, one made in a later second.
    package static func name(of volume: VolumeName, _ mode: VolumeMode, second: Int64) -> String {
        switch mode {
        case .full: "\(volume.archive)-\(second).tar.gz"
        case .increment: "\(volume.archive)@\(second)"
        case .safety: "\(volume.archive)-before-restore@\(second)"
        }
    }
}

/// What is known of the proof that a volume can be restored.
package struct VolumeProof: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// A version was restored to scratch space and compared.
        case drill
        /// The repository of the app was checked.
        case check
    }

    package var kind: Kind
    package var isGood: Bool
    package var at: Date
    /// Number of the version that was restored.
    package var version: Int64?
    package var files: Int64?
    package var bytes: Int64?
    package var took: TimeSpan
    /// What was found, in one sentence.
    package var note: String
    /// The last time that it was good; nil: never.
    package var lastGoodAt: Date?

    package init(
        kind: Kind, isGood: Bool, at: Date, version: Int64? = nil, files: Int64? = nil, bytes: Int64? = nil,
        took: TimeSpan, note: String, lastGoodAt: Date? = nil
    ) {
        self.kind = kind
        self.isGood = isGood
        self.at = at
        self.version = version
        self.files = files
        self.bytes = bytes
        self.took = took
        self.note = note
        self.lastGoodAt = lastGoodAt
    }
}
