import Foundation
import MartletCore
import MartletEngine
import MartletHTTP

/// Everything that is known of one job.
struct NomadJobReport: Sendable {
    /// The newest of each kind.
    private static let mostShown = 50

    let state: NomadJobState
    /// Newest first.
    let evaluations: [NomadEvaluation]
    let allocations: [NomadAllocationRuns]
    /// The newest; nil: there was none.
    let deployment: NomadDeployment?

    init(_ state: NomadJobState, in store: any NomadLedger) async throws {
        let job = NomadSelection.job(state.job.id)
        self.state = state
        evaluations = Self.newest(try await store.nomadEvaluations(job).items, \.createIndex)
        // After a purge the same id is another job.
        let own = try await store.nomadAllocations(job, withHistory: true).items.filter {
            $0.record.edition.created == state.job.createIndex
        }
        allocations = Self.newest(own, \.record.createIndex)
        deployment = try await store.nomadDeployments(job).items.max { $0.createIndex < $1.createIndex }
    }

    private static func newest<Item>(_ items: [Item], _ index: (Item) -> Int64) -> [Item] {
        Array(items.sorted { index($0) > index($1) }.prefix(mostShown))
    }
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
        array("allocations", report.allocations) { $0.allocation($1) }
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
