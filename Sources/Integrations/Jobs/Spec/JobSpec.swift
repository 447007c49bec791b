package import GoWire
package import MartletCore

/// A job as its owner wrote it, canonical: what of a Nomad job is not the server's own (indexes, status, versions).
///
/// Two jobs are equal when nothing that the owner decides differs: registering an equal one is no new version.
package struct JobSpec: Sendable, Hashable {
    /// The job in the form that the server keeps: every field, all defaults filled in.
    package let json: JSONValue
    package let groups: [TaskGroup]
    let values: [String: JSONValue]

    /// Fields of a job that the server writes; they are not part of a spec.
    static let serverFields: Set<String> = [
        "Stop", "ParentID", "Dispatched", "ConsulToken", "VaultToken", "Status", "StatusDescription", "Stable",
        "Version", "SubmitTime", "CreateIndex", "ModifyIndex", "JobModifyIndex",
    ]

    /// From a decoded `Job`, canonical or not.
    init(decoded: [String: JSONValue]) { self.init(canonical: CanonicalJob.values(decoded)) }

    init(canonical: [String: JSONValue]) {
        var values = JobShape.job.stored(canonical).filter { !Self.serverFields.contains($0.key) }
        values["Update"] = .object(Self.update(canonical["Update"]?.object ?? [:]))
        if var parameterized = values["ParameterizedJob"]?.object, parameterized.text("Payload").isEmpty {
            parameterized["Payload"] = "optional"
            values["ParameterizedJob"] = .object(parameterized)
        }
        self.init(values: values)
    }

    private init(values: [String: JSONValue]) {
        self.values = values
        json = .object(values)
        groups = values.objects("TaskGroups").map(TaskGroup.init)
    }

    /// From the JSON of a job: a spec's own ``json``, a whole job as the server shows it, or what `jobs/parse` answers.
    /// Throws Go's text for a field of a wrong type.
    package init(json: JSONValue) throws(GoJSONError) {
        self.init(decoded: try ShapeDecoder.object(json, as: JobShape.job))
    }

    /// The groups have taken the rest over; the job itself keeps two fields, and those only when updates are limited.
    private static func update(_ values: [String: JSONValue]) -> [String: JSONValue] {
        var update = JobShape.update.stored([:])
        guard values.integer("MaxParallel") > 0 else { return update }
        update["Stagger"] = .int(values.integer("Stagger"))
        update["MaxParallel"] = .int(values.integer("MaxParallel"))
        return update
    }

    package static func == (left: JobSpec, right: JobSpec) -> Bool { left.values == right.values }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(values.count)
    }

    /// The same job with other values at its top, such as `ID` and `Payload` of a dispatched child. Throws Go's text for
    /// a value of a wrong type.
    package func changed(_ changes: [String: JSONValue]) throws(GoJSONError) -> JobSpec {
        try JobSpec(json: .object(values.merging(changes) { $1 }))
    }
}

extension JobSpec {
    package enum Kind: String, Sendable { case service, batch, system }

    package var id: String { values.text("ID") }
    package var name: String { values.text("Name") }
    /// Nil for a type that does not exist; ``problems()`` refuses it.
    package var type: Kind? { Kind(rawValue: values.text("Type")) }
    /// As written.
    package var typeName: String { values.text("Type") }
    /// 1 to 100.
    package var priority: Int { Int(values.integer("Priority")) }
    package var region: String { values.text("Region") }
    package var namespace: String { values.text("Namespace") }
    package var datacenters: [String] { values.texts("Datacenters") }
    package var allAtOnce: Bool { values.flag("AllAtOnce") }
    package var periodic: Periodic? { values["Periodic"]?.object.map(Periodic.init) }
    package var parameterized: Parameterized? { values["ParameterizedJob"]?.object.map(Parameterized.init) }
    /// Base64; nil: none.
    package var payload: String? { values["Payload"]?.string }
    package var meta: [String: String] { values.textMap("Meta") }
    package var constraints: [Constraint] { values.objects("Constraints").map(Constraint.init) }

    /// When children of a job are started.
    package struct Periodic: Sendable, Hashable {
        package let isEnabled: Bool
        package let spec: String
        /// `cron`.
        package let specType: String
        package let prohibitsOverlap: Bool
        package let timeZone: String

        init(_ values: [String: JSONValue]) {
            isEnabled = values.flag("Enabled")
            spec = values.text("Spec")
            specType = values.text("SpecType")
            prohibitsOverlap = values.flag("ProhibitOverlap")
            timeZone = values.text("TimeZone")
        }
    }

    /// What a dispatch of a job must and may bring.
    package struct Parameterized: Sendable, Hashable {
        /// `optional`, `required` or `forbidden`.
        package let payload: String
        package let metaRequired: [String]
        package let metaOptional: [String]

        init(_ values: [String: JSONValue]) {
            payload = values.text("Payload")
            metaRequired = values.texts("MetaRequired")
            metaOptional = values.texts("MetaOptional")
        }
    }

    /// A condition on nodes: `left operand right`.
    package struct Constraint: Sendable, Hashable {
        package let left: String
        package let right: String
        package let operand: String

        init(_ values: [String: JSONValue]) {
            left = values.text("LTarget")
            right = values.text("RTarget")
            operand = values.text("Operand")
        }
    }
}
