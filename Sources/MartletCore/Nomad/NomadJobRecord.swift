/// Which rules a job's allocations follow.
package enum NomadJobType: String, Sendable, Codable, CaseIterable {
    /// Stays up: an end is no success.
    case service
    /// Runs to its end.
    case batch
    /// Stays up, once on each node.
    case system
}

/// What somebody registers.
package struct NomadJobDraft: Sendable, Hashable {
    package let id: String
    package var type: NomadJobType
    package var priority: Int
    /// Of the job that this one was made by; empty: of none.
    package var parentID: String
    /// It only makes other jobs (periodic, parameterized), and is never placed itself.
    package var isTemplate: Bool
    /// It is kept, and nothing of it runs.
    package var isStopped = false
    /// Nanoseconds since 1970 at which a periodic job first makes another; nil: it does not.
    package var nextLaunch: Int64?
    /// Canonical JSON of what somebody decides, with a mask for each password: no version, index, status or time in it.
    package var content: String
    /// By the JSON path of the value.
    package var secrets: [String: Secret]

    package init(
        id: String, type: NomadJobType, priority: Int = 50, parentID: String = "", isTemplate: Bool = false,
        content: String, secrets: [String: Secret] = [:]
    ) {
        self.id = id
        self.type = type
        self.priority = priority
        self.parentID = parentID
        self.isTemplate = isTemplate
        self.content = content
        self.secrets = secrets
    }
}

/// A registered job in its newest version.
package struct NomadJobRecord: Sendable, Hashable {
    package var id: String
    package var type: NomadJobType
    package var priority: Int
    package var parentID: String
    package var isTemplate: Bool
    package var isStopped: Bool
    /// Its allocations keep their places, and none of their tasks has a process.
    package var isPaused = false
    /// Nanoseconds since 1970 at which a periodic job makes the next one; nil: it does not.
    package var nextLaunch: Int64?
    /// From 0.
    package var version: Int
    package var content: String
    /// A deployment of this version was successful, or somebody said so.
    package var isStable: Bool
    /// Nanoseconds since 1970.
    package var submitTime: Int64
    package var createIndex: Int64
    package var modifyIndex: Int64
    /// Of the last change of what somebody decides.
    package var jobModifyIndex: Int64

    package init(
        id: String, type: NomadJobType, priority: Int = 50, parentID: String = "", isTemplate: Bool = false,
        isStopped: Bool = false, version: Int = 0, content: String = "{}", isStable: Bool = false,
        submitTime: Int64 = 0,
        createIndex: Int64 = 1, modifyIndex: Int64 = 1, jobModifyIndex: Int64 = 1
    ) {
        self.id = id
        self.type = type
        self.priority = priority
        self.parentID = parentID
        self.isTemplate = isTemplate
        self.isStopped = isStopped
        self.version = version
        self.content = content
        self.isStable = isStable
        self.submitTime = submitTime
        self.createIndex = createIndex
        self.modifyIndex = modifyIndex
        self.jobModifyIndex = jobModifyIndex
    }
}

extension NomadJobRecord {
    /// Whether it says the same, secrets apart.
    package func isSame(as draft: NomadJobDraft) -> Bool {
        isStopped == draft.isStopped && content == draft.content && type == draft.type && priority == draft.priority
            && parentID == draft.parentID && isTemplate == draft.isTemplate
    }
}

/// One stored version of a job, without its secrets.
package struct NomadJobVersion: Sendable, Hashable {
    package let version: Int
    package let content: String
    package let isStable: Bool
    package let submitTime: Int64
    package let jobModifyIndex: Int64

    package init(version: Int, content: String, isStable: Bool, submitTime: Int64, jobModifyIndex: Int64) {
        self.version = version
        self.content = content
        self.isStable = isStable
        self.submitTime = submitTime
        self.jobModifyIndex = jobModifyIndex
    }
}

/// Names one version of one life of a job: after a purge the same id is another job.
package struct NomadJobEdition: Sendable, Hashable, Codable {
    package let job: String
    /// The job's create index.
    package let created: Int64
    package let version: Int

    package init(job: String, created: Int64, version: Int) {
        self.job = job
        self.created = created
        self.version = version
    }

    package init(_ job: NomadJobRecord) {
        self.init(job: job.id, created: job.createIndex, version: job.version)
    }
}

/// Why something about jobs cannot be stored.
package enum NomadClash: Error, Sendable, Hashable {
    /// The job is registered, and the caller wanted it new.
    case exists
    /// The job is not registered, and the caller wanted it as it was.
    case absent
    /// The job is registered with another job modify index than the caller said.
    case conflict(actual: Int64)
    /// What was decided rests on what is not so any more.
    case moved
    /// There is no such object.
    case unknown
    /// These groups have too few healthy canaries.
    case unready([Unready])

    /// A group whose canaries cannot be promoted yet.
    package struct Unready: Sendable, Hashable {
        package let group: String
        package let healthy: Int
        package let desired: Int
        package init(group: String, healthy: Int, desired: Int) {
            self.group = group
            self.healthy = healthy
            self.desired = desired
        }
    }
}

extension NomadJobRecord {
    /// What the ids of all jobs begin with that a periodic one makes; the second they are for follows.
    package static func childPrefix(of parent: String) -> String { parent + "/periodic-" }
}
