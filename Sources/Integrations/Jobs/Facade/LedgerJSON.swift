import MartletCore
import MartletEngine

/// Evaluations, allocations and deployments as answers have them.
enum LedgerJSON {
    /// What is empty is left out.
    static func evaluation(_ evaluation: NomadEvaluation) -> JSONValue {
        var all: [String: JSONValue] = [
            "CreateIndex": .int(evaluation.createIndex), "CreateTime": .int(evaluation.createTime),
            "ID": .string(evaluation.id), "JobID": .string(evaluation.jobID),
            "ModifyIndex": .int(evaluation.modifyIndex),
            "ModifyTime": .int(evaluation.modifyTime), "Namespace": "default",
            "Priority": .int(Int64(evaluation.priority)),
            "Status": .string(evaluation.status.rawValue), "TriggeredBy": .string(evaluation.cause.rawValue),
            "Type": .string(evaluation.type.rawValue),
        ]
        func add(_ key: String, _ text: String) { if !text.isEmpty { all[key] = .string(text) } }
        func add(_ key: String, _ number: Int64) { if number != 0 { all[key] = .int(number) } }
        add("StatusDescription", evaluation.statusDescription)
        add("NodeID", evaluation.nodeID)
        add("PreviousEval", evaluation.previous)
        add("NextEval", evaluation.next)
        add("BlockedEval", evaluation.blocked)
        add("DeploymentID", evaluation.deploymentID)
        add("JobModifyIndex", evaluation.jobModifyIndex)
        add("NodeModifyIndex", evaluation.nodeModifyIndex)
        add("SnapshotIndex", evaluation.snapshotIndex)
        if let until = evaluation.waitUntil { all["WaitUntil"] = .string(GoText.time(until)) }
        if let queued = evaluation.queued, !queued.isEmpty {
            all["QueuedAllocations"] = .object(queued.mapValues { .int(Int64($0)) })
        }
        if !evaluation.failedGroups.isEmpty {
            all["FailedTGAllocs"] = .object(evaluation.failedGroups.mapValues(metrics))
        }
        return .object(all)
    }

    static func metrics(_ metrics: NomadPlacementMetrics) -> JSONValue {
        func counts(_ counts: [String: Int]) -> JSONValue {
            counts.isEmpty ? .null : .object(counts.mapValues { .int(Int64($0)) })
        }
        return [
            "AllocationTime": 0, "ClassExhausted": .null, "ClassFiltered": .null,
            "CoalescedFailures": .int(Int64(metrics.coalescedFailures)),
            "ConstraintFiltered": counts(metrics.constraintFiltered),
            "DimensionExhausted": counts(metrics.dimensionExhausted), "NodesAvailable": counts(metrics.nodesAvailable),
            "NodesEvaluated": .int(Int64(metrics.nodesEvaluated)),
            "NodesExhausted": .int(Int64(metrics.nodesExhausted)),
            "NodesFiltered": .int(Int64(metrics.nodesFiltered)), "QuotaExhausted": .null, "ScoreMetaData": .null,
            "Scores": .null,
        ]
    }

    // MARK: Allocations

    /// As lists have it. `node`: its name.
    static func stub(_ view: NomadAllocationView, node: String) -> JSONValue {
        let record = view.record
        return [
            "ClientDescription": .string(view.clientDescription), "ClientStatus": .string(view.clientStatus.rawValue),
            "CreateIndex": .int(record.createIndex), "CreateTime": .int(record.createTime),
            "DeploymentStatus": health(record), "DesiredDescription": .string(record.desiredDescription),
            "DesiredStatus": .string(record.desired.rawValue), "DesiredTransition": transition(record.transition),
            "EvalID": .string(record.evaluationID), "FollowupEvalID": .string(record.followup),
            "ID": .string(record.id),
            "JobID": .string(record.jobID), "JobType": .string(record.type.rawValue),
            "JobVersion": .int(Int64(record.edition.version)), "ModifyIndex": .int(record.modifyIndex),
            "ModifyTime": .int(record.modifyTime), "Name": .string(record.name), "Namespace": "default",
            "NodeID": .string(record.nodeID), "NodeName": .string(node), "PreemptedAllocations": .null,
            "PreemptedByAllocation": "", "RescheduleTracker": tracker(record), "TaskGroup": .string(record.group),
            "TaskStates": view.taskStates,
        ]
    }

    /// Alone; what is empty is left out. `job`: of its version; nil: it is not kept any more.
    static func allocation(_ view: NomadAllocationView, job: JSONValue?, node: String) -> JSONValue {
        let record = view.record
        var all: [String: JSONValue] = [
            "AllocModifyIndex": .int(record.allocModifyIndex), "ClientDescription": .string(view.clientDescription),
            "ClientStatus": .string(view.clientStatus.rawValue), "CreateIndex": .int(record.createIndex),
            "CreateTime": .int(record.createTime), "DesiredStatus": .string(record.desired.rawValue),
            "EvalID": .string(record.evaluationID), "ID": .string(record.id), "JobID": .string(record.jobID),
            "ModifyIndex": .int(record.modifyIndex), "ModifyTime": .int(record.modifyTime),
            "Name": .string(record.name),
            "Namespace": "default", "NodeID": .string(record.nodeID), "NodeName": .string(node),
            "TaskGroup": .string(record.group), "TaskStates": view.taskStates, "Metrics": metrics(record.metrics),
        ]
        func add(_ key: String, _ text: String) { if !text.isEmpty { all[key] = .string(text) } }
        add("DesiredDescription", record.desiredDescription)
        add("FollowupEvalID", record.followup)
        add("PreviousAllocation", record.previous)
        add("NextAllocation", record.next)
        add("DeploymentID", record.deploymentID)
        if record.transition != .init() { all["DesiredTransition"] = transition(record.transition) }
        if record.health != nil || record.isCanary == true { all["DeploymentStatus"] = health(record) }
        if !record.reschedules.isEmpty { all["RescheduleTracker"] = tracker(record) }
        all["Job"] = job
        all.merge(resources(record)) { $1 }
        return .object(all)
    }

    private static func resources(_ record: NomadAllocation) -> [String: JSONValue] {
        func old(_ ask: NomadResources, disk: Int64) -> JSONValue {
            [
                "CPU": .int(Int64(ask.cpu)), "Devices": .null, "DiskMB": .int(disk), "IOPS": 0,
                "MemoryMB": .int(Int64(ask.memory)), "Networks": .null,
            ]
        }
        let names = record.tasks.map { ($0.name, $0.ask) }
        func byTask(_ body: (NomadResources) -> JSONValue) -> JSONValue {
            .object(Dictionary(names.map { ($0.0, body($0.1)) }) { $1 })
        }
        return [
            "AllocatedResources": [
                "Shared": ["DiskMB": 300, "Networks": .null],
                "TaskLifecycles": byTask { _ in .null },
                "Tasks": byTask { ask in
                    [
                        "Cpu": ["CpuShares": .int(Int64(ask.cpu))], "Devices": .null,
                        "Memory": ["MemoryMB": .int(Int64(ask.memory))], "Networks": .null,
                    ]
                },
            ],
            "Resources": old(record.ask, disk: 300), "SharedResources": old(.none, disk: 300),
            "TaskResources": byTask { old($0, disk: 0) },
        ]
    }

    private static func transition(_ transition: NomadAllocation.Transition) -> JSONValue {
        func flag(_ value: Bool?) -> JSONValue { value.map(JSONValue.bool) ?? .null }
        return [
            "ForceReschedule": flag(transition.forceReschedule), "Migrate": flag(transition.migrate),
            "Reschedule": flag(transition.reschedule),
        ]
    }

    private static func health(_ record: NomadAllocation) -> JSONValue {
        let isCanary = record.isCanary == true
        guard record.health != nil || isCanary else { return .null }
        return [
            "Canary": .bool(isCanary), "Healthy": record.health.map { .bool($0.isHealthy) } ?? .null,
            "ModifyIndex": .int(record.health?.modifyIndex ?? 0),
            "Timestamp": .string(record.health.map { GoText.time($0.at) } ?? GoText.never),
        ]
    }

    private static func tracker(_ record: NomadAllocation) -> JSONValue {
        if record.reschedules.isEmpty { return .null }
        return [
            "Events": .array(
                record.reschedules.map { event in
                    [
                        "Delay": .int(event.delay), "PrevAllocID": .string(event.allocation),
                        "PrevNodeID": .string(event.node), "RescheduleTime": .int(event.time),
                    ]
                })
        ]
    }

    // MARK: Deployments

    static func deployment(_ deployment: NomadDeployment) -> JSONValue {
        [
            "CreateIndex": .int(deployment.createIndex), "ID": .string(deployment.id),
            "JobCreateIndex": .int(deployment.edition.created), "JobID": .string(deployment.edition.job),
            "JobModifyIndex": .int(deployment.jobModifyIndex),
            "JobSpecModifyIndex": .int(deployment.jobSpecModifyIndex),
            "JobVersion": .int(Int64(deployment.edition.version)), "ModifyIndex": .int(deployment.modifyIndex),
            "Namespace": "default", "Status": .string(deployment.status.rawValue),
            "StatusDescription": .string(deployment.statusDescription),
            "TaskGroups": .object(deployment.groups.mapValues(group)),
        ]
    }

    private static func group(_ group: NomadDeployment.Group) -> JSONValue {
        let canaries = group.canaries
        return [
            "AutoPromote": .bool(canaries?.isAutomatic ?? false), "AutoRevert": .bool(group.autoRevert),
            "DesiredCanaries": .int(Int64(canaries?.desired ?? 0)),
            "DesiredTotal": .int(Int64(group.desired)), "HealthyAllocs": .int(Int64(group.healthy)),
            "PlacedAllocs": .int(Int64(group.placed)),
            "PlacedCanaries": canaries.map { .array($0.placed.map(JSONValue.string)) } ?? .null,
            "ProgressDeadline": .int(group.progressDeadline), "Promoted": .bool(canaries?.isPromoted ?? false),
            "RequireProgressBy": .string(group.requireProgressBy.map(GoText.time) ?? GoText.never),
            "UnhealthyAllocs": .int(Int64(group.unhealthy)),
        ]
    }
}
