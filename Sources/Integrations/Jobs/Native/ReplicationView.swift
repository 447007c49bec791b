import MartletCore
import MartletEngine
import MartletHTTP

/// A job's replication as the API shows it: what its processes last told, and the latest comparison.
struct ReplicationView: Sendable {
    let known: ReplicationDesk.Known
    /// The run of the latest comparison; nil: there was none that is remembered.
    let verify: Run?

    /// Nil: the job is no replication.
    init?(_ job: NomadJobRecord, _ desk: ReplicationDesk, in store: any Store) async throws {
        guard try JobSpec(stored: job.content).isReplication else { return nil }
        known = desk.known(of: job.id) ?? ReplicationDesk.Known()
        var query = RunQuery()
        (query.driver, query.labels, query.limit) = (ComparisonDriver.name, ComparisonDriver.labels(of: job), 1)
        verify = try await store.runs(query).items.first
    }
}

extension JobSpec {
    var isReplication: Bool {
        groups.contains { group in group.tasks.contains { $0.driver == ReplicationDriver.name } }
    }
}

extension JSONWriter {
    /// The few words that a list has room for; null: no process of it has told anything.
    mutating func standing(of known: ReplicationDesk.Known?) {
        key("replication")
        guard let known else { return null() }
        object { $0.members(of: known) }
    }

    private mutating func members(of known: ReplicationDesk.Known) {
        // A source's process alone brings nothing to the target.
        field("alive", known.target == nil ? known.isLive : known.writing != nil)
        field("state", known.target?.state)
        field("stage", known.target?.stage)
        field("progress", known.target?.progress.map(JSONValue.double) ?? .null)
        field("lag", known.writing?.members["lag"] ?? .null)
        field("stalled", known.writing?.stall != nil)
    }

    mutating func replication(_ view: ReplicationView?) {
        key("replication")
        guard let view else { return null() }
        object { json in
            json.members(of: view.known)
            json.side("source", view.known.source)
            json.side("target", view.known.target)
            json.comparison(view.verify)
        }
    }

    private mutating func comparison(_ run: Run?) {
        key("verify")
        guard let run else { return null() }
        object { json in
            json.field("run", run.id.description)
            json.field("state", run.state.rawValue)
            json.field("createdAt", run.createdAt)
            json.field("finishedAt", run.finishedAt)
            json.field("progress", run.report.progress.map(JSONValue.double) ?? .null)
            json.field("message", run.report.message)
            json.field("results", .object(run.report.results))
        }
    }

    mutating func members(of history: ReplicationHistory) {
        field("interval", .double(history.interval))
        array("points", history.points) { json, point in
            json.object { json in
                json.field("at", point.at)
                json.field("lag", point.lag.map(JSONValue.double) ?? .null)
                json.field("rowsPerSecond", .double(point.rowsPerSecond))
            }
        }
    }
}
