package import MartletCore

/// What the server itself says about a job, beside its spec.
package struct JobRecordFields: Sendable, Hashable {
    package var version: UInt64
    package var status: String
    package var statusDescription = ""
    package var isStable = false
    package var isStopped = false
    package var isDispatched = false
    /// The job that this one is a child of; empty: none.
    package var parentID = ""
    /// Nanoseconds since 1970.
    package var submitTime: Int64
    package var createIndex: UInt64
    package var modifyIndex: UInt64
    package var jobModifyIndex: UInt64

    package init(
        version: UInt64, status: String, submitTime: Int64, createIndex: UInt64, modifyIndex: UInt64,
        jobModifyIndex: UInt64
    ) {
        self.version = version
        self.status = status
        self.submitTime = submitTime
        self.createIndex = createIndex
        self.modifyIndex = modifyIndex
        self.jobModifyIndex = jobModifyIndex
    }

    /// Tokens are never kept, so they are shown as empty.
    var values: [String: JSONValue] {
        [
            "Version": .int(Int64(clamping: version)), "Status": .string(status),
            "StatusDescription": .string(statusDescription), "Stable": .bool(isStable), "Stop": .bool(isStopped),
            "Dispatched": .bool(isDispatched), "ParentID": .string(parentID), "SubmitTime": .int(submitTime),
            "CreateIndex": .int(Int64(clamping: createIndex)), "ModifyIndex": .int(Int64(clamping: modifyIndex)),
            "JobModifyIndex": .int(Int64(clamping: jobModifyIndex)), "ConsulToken": "", "VaultToken": "",
        ]
    }
}

extension JobSpec {
    /// The whole job, as `GET /v1/job/ID` shows it.
    package func record(_ fields: JobRecordFields) -> JSONValue { .object(values.merging(fields.values) { $1 }) }
}
