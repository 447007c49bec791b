/// What a run was about and what came of it, for notices and lists: texts are one line each and hold no secret.
package struct RunSummary: Sendable, Hashable {
    /// What it worked on: a path, a cluster, the name of its job.
    package var subject: String
    /// What was done to it, in the words of its users: `GooseFSDistributeLoad`. Nil: nothing beyond the subject.
    package var action: String?
    /// Progress or result in numbers: `3/40`.
    package var count: String?
    /// Whether anything is different from before; nil: this kind of work cannot tell.
    package var hasChanges: Bool?
    /// The parts of the work that failed, the first of them.
    package var failures: [String]

    package init(
        subject: String, action: String? = nil, count: String? = nil, hasChanges: Bool? = nil, failures: [String] = []
    ) {
        self.subject = subject
        self.action = action
        self.count = count
        self.hasChanges = hasChanges
        self.failures = failures
    }
}
