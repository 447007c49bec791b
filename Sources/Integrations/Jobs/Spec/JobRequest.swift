package import GoWire
import MartletCore

/// A body that carries a job, with what stands beside it.
package struct JobRequest: Sendable, Hashable {
    /// Which call it belongs to: the same job, other fields beside it, other words when it is missing.
    package enum Call: Sendable { case register, plan, validate }

    package let spec: JobSpec
    /// Only when the job's index is `jobModifyIndex`; 0: only when there is no such job.
    package let enforceIndex: Bool
    package let jobModifyIndex: UInt64
    package let policyOverride: Bool
    /// Of a plan: the answer holds the difference.
    package let diff: Bool
    /// The job is registered and stopped at once.
    package let stop: Bool

    /// Reads `{"Job": …}`. `id`: from the path, must be the job's; nil: the path has none. Throws the text that a 400
    /// answers with.
    package init(_ call: Call, body: [UInt8], id: String? = nil) throws(GoJSONError) {
        let document = try GoJSON.firstDocument(body)
        let values = try ShapeDecoder.object(document.value, as: call.shape)
        guard var job = values["Job"]?.object else { throw GoJSONError("Job must be specified") }
        if call != .validate, job["ID"] == .null { throw GoJSONError(call.missingID) }
        if let id, job.text("ID") != id { throw GoJSONError(call.otherID) }
        if !values.text("Region").isEmpty { job["Region"] = values["Region"] }
        if job["Region"] == "" { job["Region"] = .null }
        spec = JobSpec(decoded: job)
        enforceIndex = values.flag("EnforceIndex")
        jobModifyIndex = UInt64(values.integer("JobModifyIndex"))
        policyOverride = values.flag("PolicyOverride")
        diff = values.flag("Diff")
        stop = job.flag("Stop")
    }

    /// Why this registration may not follow a job at index `existing` (nil: there is none); nil when it may.
    package func enforcementProblem(existing: UInt64?) -> String? {
        guard enforceIndex else { return nil }
        let text = "Enforcing job modify index \(jobModifyIndex): "
        guard let existing else { return jobModifyIndex == 0 ? nil : text + "job does not exist" }
        if jobModifyIndex == 0 { return text + "job already exists" }
        return jobModifyIndex == existing
            ? nil : text + "job exists with conflicting job modify index: \(existing)"
    }
}

extension JobRequest.Call {
    private static let registerShape = JobShape.request(
        "JobRegisterRequest",
        plus: [
            .plain("EnforceIndex", .bool), .plain("JobModifyIndex", .int(.uint64)), .plain("PolicyOverride", .bool),
        ])
    private static let planShape = JobShape.request(
        "JobPlanRequest", plus: [.plain("Diff", .bool), .plain("PolicyOverride", .bool)])
    private static let validateShape = JobShape.request("JobValidateRequest", plus: [])

    fileprivate var shape: Shape {
        switch self {
        case .register: Self.registerShape
        case .plan: Self.planShape
        case .validate: Self.validateShape
        }
    }

    fileprivate var otherID: String { self == .plan ? "Job ID does not match" : "Job ID does not match name" }

    fileprivate var missingID: String {
        self == .plan ? "Job must have a valid ID" : "Job ID hasn't been provided"
    }
}

extension JobSpec {
    /// From the body of a registration, without what stands beside the job. Throws the text that a 400 answers with.
    package init(registration body: [UInt8]) throws(GoJSONError) {
        self = try JobRequest(.register, body: body).spec
    }
}
