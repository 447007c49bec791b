import Foundation
import MartletCore
import MartletEngine
import MartletHTTP

/// Everything that is known of one job.
struct NomadJobReport: Sendable {
    /// The newest of each kind.
    private static let mostShown = 50

    let state: NomadJobState
    /// Newest first; what waits for room is among them, however old it is.
    let evaluations: [NomadEvaluation]
    /// Newest first.
    let allocations: [NomadAllocationRuns]
    /// Of all allocations, the newest version first.
    let counts: [NomadVersionCount]
    /// The newest; nil: there was none.
    let deployment: NomadDeployment?

    init(_ state: NomadJobState, in store: any NomadLedger) async throws {
        let job = NomadSelection.job(state.job.id)
        // After a purge the same id is another job.
        let created = state.job.createIndex
        self.state = state
        let decisions = Self.sorted(
            try await store.nomadEvaluations(job).items.filter { $0.createIndex >= created }, \.createIndex)
        let older = decisions.dropFirst(Self.mostShown).filter { $0.status == .blocked }
        evaluations = Array(decisions.prefix(Self.mostShown)) + older
        let own = try await store.nomadAllocations(job, withHistory: true).items.filter {
            $0.record.edition.created == created
        }
        allocations = Array(Self.sorted(own, \.record.createIndex).prefix(Self.mostShown))
        counts = Dictionary(grouping: own) { $0.record.edition.version }
            .map { NomadVersionCount(version: $0.key, $0.value) }.sorted { $0.version > $1.version }
        deployment = try await store.nomadDeployments(job).items.filter { $0.createIndex >= created }
            .max { $0.createIndex < $1.createIndex }
    }

    /// Newest first.
    private static func sorted<Item>(_ items: [Item], _ index: (Item) -> Int64) -> [Item] {
        items.sorted { index($0) > index($1) }
    }
}

/// How many allocations one version of a job has, and how they stand.
struct NomadVersionCount: Sendable {
    let version: Int
    let total: Int
    /// Those that are not to run any more: others took their places, or nobody wants them.
    let stopped: Int
    /// The rest.
    private let states: [NomadAllocationFacts.ClientStatus: Int]

    init(version: Int, _ allocations: [NomadAllocationRuns]) {
        let wanted = allocations.filter { $0.record.desired == .run }
        self.version = version
        total = allocations.count
        stopped = allocations.count - wanted.count
        states = Dictionary(grouping: wanted) { $0.facts.clientStatus }.mapValues(\.count)
    }

    func count(_ status: NomadAllocationFacts.ClientStatus) -> Int { states[status] ?? 0 }
}

extension JSONWriter {
    mutating func members(of state: NomadJobState) {
        let job = state.job
        field("id", job.id)
        field("type", job.type.rawValue)
        field("status", state.status.rawValue)
        field("stopped", job.isStopped)
        field("paused", job.isPaused)
        field("priority", Optional(job.priority))
        field("version", Optional(job.version))
        field("parent", job.parentID.isEmpty ? nil : job.parentID)
        field("submittedAt", Date(nanoseconds: job.submitTime))
        key("groups")
        object { json in
            for (name, group) in state.groups.sorted(by: { $0.key < $1.key }) {
                json.object(name) { json in
                    json.field("queued", Optional(group.queued))
                    json.field("starting", Optional(group.starting))
                    json.field("running", Optional(group.running))
                    json.field("complete", Optional(group.complete))
                    json.field("failed", Optional(group.failed))
                    json.field("lost", Optional(group.lost))
                }
            }
        }
    }

    mutating func members(of report: NomadJobReport) {
        members(of: report.state)
        array("evaluations", report.evaluations) { $0.evaluation($1) }
        key("deployment")
        if let deployment = report.deployment {
            object { json in
                json.field("id", deployment.id)
                json.field("version", Optional(deployment.edition.version))
                json.field("status", deployment.status.rawValue)
                json.field("description", deployment.statusDescription)
            }
        } else {
            null()
        }
        array("counts", report.counts) { $0.count($1) }
        array("allocations", report.allocations) { $0.allocation($1) }
    }

    private mutating func count(_ count: NomadVersionCount) {
        object { json in
            json.field("version", Optional(count.version))
            json.field("total", Optional(count.total))
            json.field("pending", Optional(count.count(.pending)))
            json.field("running", Optional(count.count(.running)))
            json.field("complete", Optional(count.count(.complete)))
            json.field("failed", Optional(count.count(.failed)))
            json.field("lost", Optional(count.count(.lost)))
            json.field("stopped", Optional(count.stopped))
        }
    }

    private mutating func evaluation(_ evaluation: NomadEvaluation) {
        object { json in
            json.field("id", evaluation.id)
            json.field("status", evaluation.status.rawValue)
            json.field("description", evaluation.statusDescription)
            json.field("cause", evaluation.cause.rawValue)
            json.field("createdAt", Date(nanoseconds: evaluation.createTime))
            json.field("waitsUntil", evaluation.waitUntil.map(Date.init(nanoseconds:)))
            json.field("blockedBy", evaluation.failedGroups.compactMapValues(\.obstacle))
        }
    }

    private mutating func allocation(_ runs: NomadAllocationRuns) {
        let (record, view) = (runs.record, NomadAllocationView(runs))
        object { json in
            json.field("id", record.id)
            json.field("name", record.name)
            json.field("group", record.group)
            json.field("version", Optional(record.edition.version))
            json.field("status", view.clientStatus.rawValue)
            json.field("desired", record.desired.rawValue)
            json.field("description", record.desiredDescription)
            json.field("healthy", record.health.map { .bool($0.isHealthy) } ?? .null)
            json.field("createdAt", Date(nanoseconds: record.createTime))
            json.field("previous", record.previous.isEmpty ? nil : record.previous)
            json.array("tasks", record.tasks.indices) { json, index in
                json.task(record.tasks[index], runs.tasks[index].run, view.tasks[record.tasks[index].name])
            }
        }
    }

    /// Progress, stage and delay are what the task itself told, by these names.
    private mutating func task(_ task: MartletCore.NomadTask, _ run: Run?, _ state: NomadTaskState?) {
        object { json in
            json.field("name", task.name)
            json.field("state", state?.phase.word)
            json.field("failed", state?.isFailed ?? false)
            json.field("restarts", Optional(state?.restarts ?? 0))
            json.field("startedAt", state?.startedAt.map(Date.init(nanoseconds:)))
            json.field("finishedAt", state?.finishedAt.map(Date.init(nanoseconds:)))
            json.field("run", (run?.id ?? task.run)?.description)
            json.field("stage", run?.report.results["stage"] ?? .null)
            json.field("progress", run?.report.progress.map(JSONValue.double) ?? .null)
            json.field("delay", run?.report.results["delay"] ?? .null)
            json.field("message", run?.report.message)
            json.field("results", .object(run?.report.results ?? [:]))
            json.array("events", state?.events ?? []) { json, event in
                json.object { json in
                    json.field("at", Date(nanoseconds: event.time))
                    json.field("type", event.kind.rawValue)
                    json.field("message", event.displayMessage)
                }
            }
        }
    }
}

extension NomadTaskFacts.Phase {
    fileprivate var word: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .dead: "dead"
        }
    }
}

extension NomadPlacementMetrics {
    /// Why nothing could be placed: `missing drivers`, `memory`.
    fileprivate var obstacle: String? {
        constraintFiltered.keys.min() ?? dimensionExhausted.keys.min() ?? (nodesEvaluated == 0 ? "no node" : nil)
    }
}
