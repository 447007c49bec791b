package import Foundation

/// What became of a run about a volume, wherever it ran. The node that ran it has the truth; everybody else has copies.
package struct NodeRecord: Sendable, Hashable {
    package enum Action: String, Sendable, Codable, CaseIterable {
        case backup, restore
    }

    package var run: RunID
    /// Machine that it ran on.
    package var node: String
    /// For a restore: what was restored to.
    package var volume: VolumeName
    package var action: Action
    /// Nil for restores.
    package var mode: VolumeMode?
    package var state: RunState
    package var outcome: Outcome?
    /// One sentence: why it waits, or how it ended.
    package var reason: String
    package var trigger: Trigger
    package var createdAt: Date
    package var startedAt: Date?
    package var endedAt: Date?
    package var progress: Double?
    package var message: String?
    /// As the run's own results.
    package var results: [String: JSONValue]
    /// Rises with every change of the run: a copy only takes a higher one.
    package var version: Int
    /// Of a restore: the name of the version, and the node that it was made on.
    package var backup: String?
    package var source: String?
    /// Of a restore: nothing was to be written.
    package var isPreview: Bool
    /// Of a restore: the paths that were asked for; nil: everything.
    package var paths: [String]?
    /// What it left in the catalogue; only once it has ended.
    package var made: [Made]

    /// A version that a run made.
    package struct Made: Sendable, Hashable {
        package var mode: VolumeMode
        package var content: VolumeVersion.Content
        package var isPartial: Bool

        package init(mode: VolumeMode, content: VolumeVersion.Content, isPartial: Bool) {
            self.mode = mode
            self.content = content
            self.isPartial = isPartial
        }
    }

    package init(
        run: RunID, node: String, volume: VolumeName, action: Action, mode: VolumeMode? = nil, state: RunState,
        outcome: Outcome? = nil, reason: String = "", trigger: Trigger, createdAt: Date, startedAt: Date? = nil,
        endedAt: Date? = nil, progress: Double? = nil, message: String? = nil, results: [String: JSONValue] = [:],
        version: Int, backup: String? = nil, source: String? = nil, isPreview: Bool = false,
        paths: [String]? = nil, made: [Made] = []
    ) {
        self.run = run
        self.node = node
        self.volume = volume
        self.action = action
        self.mode = mode
        self.state = state
        self.outcome = outcome
        self.reason = reason
        self.trigger = trigger
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.progress = progress
        self.message = message
        self.results = results
        self.version = version
        self.backup = backup
        self.source = source
        self.isPreview = isPreview
        self.paths = paths
        self.made = made
    }

    /// When it began to work; what versions are named after.
    package var begunAt: Date { startedAt ?? createdAt }
}
