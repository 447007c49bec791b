package import MartletCore
import Synchronization

/// What the CacheLoad integration is configured with.
package struct CacheLoadSettings: Sendable, Hashable {
    /// How loads are answered.
    package enum ReplyFormat: String, Sendable, CaseIterable {
        /// A list of ids, as the replaced service's document has it.
        case ids
        /// `{results: [{task_id, path}], total}`, as its last version had it.
        case object
    }

    /// The goosefs program; nil: nothing can be started.
    package var bin: String?
    package var replyFormat = ReplyFormat.ids
    /// Whether every path may hold `*`; else a request must say so.
    package var allowWildcards = false
    /// Whether a forced load loads after its metadata step failed; a request may say otherwise.
    package var continueAfterMetadata = false
    /// What a list takes when its request says nothing, and what a report takes.
    package var listTimeout = TimeSpan.seconds(30)
    /// The longest that one load or one free may take.
    package var timeout = TimeSpan.seconds(86_400)
    /// User that the program runs as; nil: the server's.
    package var user: String?

    package init() {}
}

/// The settings in force; replaced as a whole by a reload.
package final class CacheLoadSettingsBox: Sendable {
    private let box: Mutex<CacheLoadSettings>
    package init(_ settings: CacheLoadSettings) { box = Mutex(settings) }
    package var value: CacheLoadSettings { box.withLock { $0 } }
    package func replace(_ settings: CacheLoadSettings) { box.withLock { $0 = settings } }
}
