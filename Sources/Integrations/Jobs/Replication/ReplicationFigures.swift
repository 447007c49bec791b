import MartletCore
import MartletEngine
import MartletHTTP
import Replication

/// What `/metrics` says of replications that have a process: the gauges of dtle, by its names, and ours.
struct ReplicationFigures: Sendable {
    /// More jobs than this are not told of one by one.
    private static let mostJobs = 200

    let desk: ReplicationDesk
    let node: JobsNode

    func figures(_ control: Control) async throws -> [Figure] {
        let live = Array(desk.live.prefix(Self.mostJobs))
        guard !live.isEmpty else { return [] }
        var tasks: [(task: String, role: ReplicationRole, known: ReplicationDesk.Known)] = []
        for (job, known) in live {
            let groups = try await groups(of: job, control)
            if known.source?.isAlive == true { tasks.append(("\(job)_\(groups.source)", .source, known)) }
            if known.writing != nil { tasks.append(("\(job)_\(groups.target)", .target, known)) }
        }
        return Self.own(live) + dtle(tasks)
    }

    // MARK: Ours

    private static func own(_ live: [(job: String, known: ReplicationDesk.Known)]) -> [Figure] {
        let targets = live.compactMap { job, known in known.writing.map { (job, $0) } }
        func figure(_ name: String, _ help: String, _ value: (ReplicationSide) -> Double?) -> Figure {
            Figure(
                "martlet_replication_\(name)", help,
                targets.compactMap { job, target in value(target).map { (["job": job], $0) } })
        }
        func up(_ job: String, _ role: ReplicationRole, _ side: ReplicationSide?) -> (
            labels: KeyValuePairs<String, String>, value: Double
        ) {
            (labels: ["job": job, "role": role.word], value: side?.isAlive == true ? 1 : 0)
        }
        return [
            Figure(
                "martlet_replication_up", "1 where the process of this role is there.",
                live.flatMap { [up($0.job, .source, $0.known.source), up($0.job, .target, $0.known.target)] }),
            figure("lag_seconds", "Between a change at the source and now, for the newest applied change.") {
                $0.amount("lag")
            },
            figure("rows_per_second", "Of the last ten seconds, copy and stream together.") {
                $0.amount("rowsPerSecond")
            },
            figure("transactions_per_second", "Of the last ten seconds.") { $0.amount("transactionsPerSecond") },
            figure("copied_rows", "Of the full copy.") { $0.amount("full", "rows") },
            figure("copy_rows", "How many rows the full copy has, an estimate.") { $0.amount("full", "rowsTotal") },
            figure("copied_bytes", "Of the full copy.") { $0.amount("full", "bytes") },
            figure("applied_transactions", "Since the target's process began.") {
                $0.amount("incremental", "transactions")
            },
            figure("applied_rows", "Since the target's process began.") { $0.amount("incremental", "rows") },
            figure("mismatches", "Rows that were not as they had to be.") { $0.amount("incremental", "mismatches") },
            figure("spool_bytes", "Binlog on disk that is not applied yet.") { $0.amount("spool", "bytes") },
            figure("retries", "Tries after something was away, since the target's process began.") {
                $0.amount("retries")
            },
            figure("stalled", "1: nothing moves though there is something to do.") { $0.stall == nil ? 0 : 1 },
            Figure(
                "martlet_replication_stage", "1 for the stage that a replication is in.",
                targets.flatMap { job, target in
                    [("full", "job_stage_full"), ("incremental", "job_stage_incr")].map { word, stage in
                        (["job": job, "stage": word], target.stage == stage ? 1 : 0)
                    }
                }),
        ]
    }

    // MARK: dtle's

    private typealias Value = (ReplicationDesk.Known, ReplicationRole) -> Double

    /// What waits is on disk here, and no messages are sent: what has no like is 0.
    private func dtle(
        _ tasks: [(task: String, role: ReplicationRole, known: ReplicationDesk.Known)]
    ) -> [Figure] {
        let host = String(
            node.facts.name.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") ? $0 : "_" })
        func figure(_ name: String, of role: ReplicationRole? = nil, _ help: String, _ value: Value) -> Figure {
            Figure(
                "dtle_\(host)_\(name)", help,
                tasks.filter { role == nil || $0.role == role }.map { task in
                    (["task_name": task.task], value(task.known, task.role))
                })
        }
        var figures: [Figure] = []
        for (way, end, words) in [
            ("in", ReplicationRole.target, "reached a target"), ("out", .source, "left a source"),
        ] {
            figures.append(
                figure("network_\(way)_msgs", "Events of the binlog that \(words).") { known, role in
                    role == end ? Self.read(known, "events") : 0
                })
            figures.append(
                figure("network_\(way)_bytes", "Rows and binlog that \(words).") { known, role in
                    role == end ? (known.target?.amount("full", "bytes") ?? 0) + Self.read(known, "read") : 0
                })
        }
        figures.append(
            figure("buffer_event_queue_size", of: .source, "Events that were read and not handed on.") { known, _ in
                max(0, Self.read(known, "events") - (known.target?.amount("incremental", "events") ?? 0))
            })
        figures.append(
            figure("buffer_src_queue_size", of: .source, "Always 0: the source's process sends nothing.") { _, _ in 0 })
        for (name, key, help) in [
            ("timeout", "lateGroups", "nothing more came in time"), ("size_full", "fullGroups", "enough was joined"),
        ] {
            figures.append(
                figure("buffer_send_by_\(name)", of: .source, "Transactions of the target begun as \(help).") {
                    known, _ in known.target?.amount("incremental", key) ?? 0
                })
        }
        figures.append(
            figure("buffer_dest_queue_size", of: .target, "Transactions that no worker has taken yet.") { known, _ in
                known.target?.amount("incremental", "waiting") ?? 0
            })
        for kind in ["count", "est"] {
            figures.append(figure("memory_full_kb_\(kind)", "Always 0: rows pass without a queue.") { _, _ in 0 })
            figures.append(
                figure("memory_incr_kb_\(kind)", "Binlog that waits, on disk.") { known, role in
                    role == .target ? (known.target?.amount("spool", "bytes") ?? 0) / 1024 : 0
                })
        }
        figures.append(
            figure("delay_time", of: .target, "Seconds that the target is behind.") { known, _ in
                known.target?.amount("lag") ?? 0
            })
        figures.append(
            figure("dest_applied_incr_tx_count", of: .target, "Transactions that were applied.") { known, _ in
                known.target?.amount("incremental", "transactions") ?? 0
            })
        return figures
    }

    /// Of the stream. With `BinlogRelay` it is the source's process that reads.
    private static func read(_ known: ReplicationDesk.Known, _ name: String) -> Double {
        (known.source?.amount("spool", name) ?? 0) + (known.target?.amount("spool", name) ?? 0)
    }

    /// The names of a job's groups; where the job is gone already, the usual ones.
    private func groups(of job: String, _ control: Control) async throws -> (source: String, target: String) {
        var names = (source: "src", target: "dest")
        guard let state = try await control.store.nomadJob(job), let spec = try? JobSpec(stored: state.job.content)
        else { return names }
        for group in spec.groups {
            for task in group.tasks where task.driver == ReplicationDriver.name {
                switch ReplicationCheck.role(of: task, in: group, of: spec) {
                case .source: names.source = group.name
                case .target: names.target = group.name
                case nil: break
                }
            }
        }
        return names
    }
}
