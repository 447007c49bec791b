import MartletCore
import MartletEngine

/// Jobs as answers have them.
enum JobJSON {
    static func stub(_ state: NomadJobState, _ spec: JobSpec) -> JSONValue {
        let job = state.job
        return [
            "CreateIndex": .int(job.createIndex), "Datacenters": .array(spec.datacenters.map(JSONValue.string)),
            "ID": .string(job.id), "JobModifyIndex": .int(job.jobModifyIndex), "JobSummary": summary(state, spec),
            "ModifyIndex": .int(job.modifyIndex), "Name": .string(spec.name),
            "ParameterizedJob": .bool(spec.parameterized != nil), "ParentID": .string(job.parentID),
            "Periodic": .bool(spec.periodic != nil), "Priority": .int(Int64(job.priority)),
            "Status": .string(state.status.rawValue), "StatusDescription": .string(description(job)),
            "Stop": .bool(job.isStopped),
            "SubmitTime": .int(job.submitTime), "Type": .string(job.type.rawValue),
        ]
    }

    private static func description(_ job: NomadJobRecord) -> String { job.isPaused ? "paused" : "" }

    static func kind(_ spec: JobSpec) -> String { spec.periodic != nil ? "periodic" : "parameterized" }

    static func summary(_ state: NomadJobState, _ spec: JobSpec) -> JSONValue {
        var groups: [String: JSONValue] = [:]
        for group in spec.groups { groups[group.name] = count(state.groups[group.name] ?? NomadGroupSummary()) }
        for (name, group) in state.groups where groups[name] == nil { groups[name] = count(group) }
        return [
            "Children": [
                "Dead": .int(Int64(state.children.dead)), "Pending": .int(Int64(state.children.pending)),
                "Running": .int(Int64(state.children.running)),
            ],
            "CreateIndex": .int(state.job.createIndex), "JobID": .string(state.job.id),
            "ModifyIndex": .int(state.summaryIndex), "Namespace": "default", "Summary": .object(groups),
        ]
    }

    private static func count(_ group: NomadGroupSummary) -> JSONValue {
        [
            "Complete": .int(Int64(group.complete)), "Failed": .int(Int64(group.failed)),
            "Lost": .int(Int64(group.lost)), "Queued": .int(Int64(group.queued)),
            "Running": .int(Int64(group.running)), "Starting": .int(Int64(group.starting)),
        ]
    }

    /// What a version says of itself: how its job stood when it was registered.
    static func status(of spec: JobSpec, version: Int) -> String {
        let wasRunning = spec.periodic != nil || spec.parameterized != nil || (version > 0 && spec.typeName != "batch")
        return wasRunning ? "running" : "pending"
    }

    /// The whole job. `version`: an older one; nil: the newest.
    static func record(
        _ job: NomadJobRecord, _ spec: JobSpec, status: String, version: NomadJobVersion? = nil
    ) -> JSONValue {
        var fields = JobRecordFields(
            version: UInt64(version?.version ?? job.version), status: status,
            submitTime: version?.submitTime ?? job.submitTime, createIndex: UInt64(job.createIndex),
            modifyIndex: UInt64(version == nil ? job.modifyIndex : version?.jobModifyIndex ?? 0),
            jobModifyIndex: UInt64(version?.jobModifyIndex ?? job.jobModifyIndex))
        if version == nil { fields.statusDescription = description(job) }
        fields.isStable = version?.isStable ?? job.isStable
        fields.isStopped = version == nil && job.isStopped
        fields.parentID = job.parentID
        fields.isDispatched = !job.parentID.isEmpty && spec.parameterized != nil
        return spec.record(fields)
    }
}
