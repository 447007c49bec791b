import MartletCore

/// All structs of a job, as Nomad 0.11 has them: the single table of their fields.
enum JobShape {
    static let job = Shape(
        "Job",
        [
            .optional("Stop", .bool, fill: false),
            .optional("Region", .string, fill: "global", hcl: "region"),
            .optional("Namespace", .string, fill: "default", hcl: "namespace"),
            .optional("ID", .string, fill: "", hcl: "id"),
            .optional("ParentID", .string, fill: ""),
            .optional("Name", .string, hcl: "name"),
            .optional("Type", .string, fill: "service", hcl: "type"),
            .optional("Priority", .int, fill: 50, hcl: "priority"),
            .optional("AllAtOnce", .bool, fill: false, hcl: "all_at_once"),
            .optional("Datacenters", .strings, hcl: "datacenters"),
            .optional("Constraints", .objects(constraint), hcl: "constraint"),
            .optional("Affinities", .objects(affinity), hcl: "affinity"),
            .optional("TaskGroups", .objects(taskGroup), hcl: "group", emptyIsNull: true),
            .optional("Update", .object(update), hcl: "update"),
            .optional("Spreads", .objects(spread), hcl: "spread", emptyIsNull: true),
            .optional("Periodic", .object(periodic), hcl: "periodic"),
            .optional("ParameterizedJob", .object(parameterized), hcl: "parameterized"),
            .plain("Dispatched", .bool),
            .optional("Payload", .bytes),
            .optional("Reschedule", .object(reschedule), hcl: "reschedule").only(.sent),
            .optional("Migrate", .object(migrate), hcl: "migrate").only(.sent),
            .optional("Meta", .stringMap, hcl: "meta", emptyIsNull: true),
            .optional("ConsulToken", .string, fill: "", hcl: "consul_token"),
            .optional("VaultToken", .string, fill: "", hcl: "vault_token"),
            .optional("Status", .string, fill: ""),
            .optional("StatusDescription", .string, fill: ""),
            .optional("Stable", .bool, fill: false),
            .optional("Version", .int(.uint64), fill: 0),
            .optional("SubmitTime", .int(.int64)),
            .optional("CreateIndex", .int(.uint64), fill: 0),
            .optional("ModifyIndex", .int(.uint64), fill: 0),
            .optional("JobModifyIndex", .int(.uint64), fill: 0),
        ])

    static let taskGroup = Shape(
        "TaskGroup", label: "Name",
        [
            .optional("Name", .string, fill: ""),
            .optional("Count", .int, hcl: "count"),
            .optional("Constraints", .objects(constraint), hcl: "constraint"),
            .optional("Affinities", .objects(affinity), hcl: "affinity"),
            .optional("Tasks", .objects(task), hcl: "task", emptyIsNull: true),
            .optional("Spreads", .objects(spread), hcl: "spread", emptyIsNull: true),
            .optional("Volumes", .shapes(volume), hcl: "volume", emptyIsNull: true),
            .optional("RestartPolicy", .object(restart), hcl: "restart"),
            .optional("ReschedulePolicy", .object(reschedule), hcl: "reschedule"),
            .optional("EphemeralDisk", .object(ephemeralDisk), hcl: "ephemeral_disk"),
            .optional("Update", .object(update), hcl: "update"),
            .optional("Migrate", .object(migrate), hcl: "migrate"),
            .optional("Networks", .objects(network), hcl: "network", emptyIsNull: true),
            .optional("Meta", .stringMap, hcl: "meta", emptyIsNull: true),
            .optional("Services", .objects(service), hcl: "service", emptyIsNull: true),
            .optional("ShutdownDelay", .duration, hcl: "shutdown_delay").nullable,
            .optional("StopAfterClientDisconnect", .duration, hcl: "stop_after_client_disconnect").nullable,
            .optional("Scaling", .object(scaling), hcl: "scaling"),
        ])

    /// The bodies of requests that carry a job.
    static func request(_ name: String, plus fields: [ShapeField]) -> Shape {
        Shape(
            name,
            [
                .optional("Job", .object(job)), .plain("Region", .string), .plain("Namespace", .string),
                .plain("SecretID", .string),
            ] + fields)
    }
}
