import MartletCore

extension JobShape {
    static let restart = Shape(
        "RestartPolicy",
        [
            .optional("Interval", .duration, hcl: "interval"),
            .optional("Attempts", .int, hcl: "attempts"),
            .optional("Delay", .duration, hcl: "delay"),
            .optional("Mode", .string, hcl: "mode"),
        ])

    static let reschedule = Shape(
        "ReschedulePolicy",
        [
            .optional("Attempts", .int, hcl: "attempts"),
            .optional("Interval", .duration, hcl: "interval"),
            .optional("Delay", .duration, hcl: "delay"),
            .optional("DelayFunction", .string, hcl: "delay_function"),
            .optional("MaxDelay", .duration, hcl: "max_delay"),
            .optional("Unlimited", .bool, hcl: "unlimited"),
        ])

    static let update = Shape(
        "UpdateStrategy",
        [
            .optional("Stagger", .duration, fill: 30_000_000_000, hcl: "stagger"),
            .optional("MaxParallel", .int, fill: 1, hcl: "max_parallel"),
            .optional("HealthCheck", .string, fill: "checks", hcl: "health_check"),
            .optional("MinHealthyTime", .duration, fill: 10_000_000_000, hcl: "min_healthy_time"),
            .optional("HealthyDeadline", .duration, fill: 300_000_000_000, hcl: "healthy_deadline"),
            .optional("ProgressDeadline", .duration, fill: 600_000_000_000, hcl: "progress_deadline"),
            .optional("Canary", .int, fill: 0, hcl: "canary"),
            .optional("AutoRevert", .bool, fill: false, hcl: "auto_revert"),
            .optional("AutoPromote", .bool, fill: false, hcl: "auto_promote"),
        ])

    static let migrate = Shape(
        "MigrateStrategy",
        [
            .optional("MaxParallel", .int, fill: 1, hcl: "max_parallel"),
            .optional("HealthCheck", .string, fill: "checks", hcl: "health_check"),
            .optional("MinHealthyTime", .duration, fill: 10_000_000_000, hcl: "min_healthy_time"),
            .optional("HealthyDeadline", .duration, fill: 300_000_000_000, hcl: "healthy_deadline"),
        ])

    static let ephemeralDisk = Shape(
        "EphemeralDisk",
        [
            .optional("Sticky", .bool, fill: false, hcl: "sticky"),
            .optional("Migrate", .bool, fill: false, hcl: "migrate"),
            .optional("SizeMB", .int, fill: 300, hcl: "size"),
        ])

    static let periodic = Shape(
        "PeriodicConfig",
        [
            .optional("Enabled", .bool, fill: true, hcl: "enabled"),
            .optional("Spec", .string, fill: "", hcl: "cron"),
            .optional("SpecType", .string, fill: "cron"),
            .optional("ProhibitOverlap", .bool, fill: false, hcl: "prohibit_overlap"),
            .optional("TimeZone", .string, fill: "UTC", hcl: "time_zone"),
        ])

    static let parameterized = Shape(
        "ParameterizedJobConfig",
        [
            .plain("Payload", .string, hcl: "payload"),
            .optional("MetaRequired", .strings, hcl: "meta_required"),
            .optional("MetaOptional", .strings, hcl: "meta_optional"),
        ])

    static let constraint = Shape(
        "Constraint", [.plain("LTarget", .string), .plain("RTarget", .string), .plain("Operand", .string)])

    static let affinity = Shape(
        "Affinity",
        [
            .plain("LTarget", .string), .plain("RTarget", .string), .plain("Operand", .string),
            .optional("Weight", .int(.int8), fill: 50, hcl: "weight"),
        ])

    static let spread = Shape(
        "Spread",
        [
            .plain("Attribute", .string, hcl: "attribute"),
            .optional("Weight", .int(.int8), fill: 50, hcl: "weight"),
            .optional("SpreadTarget", .objects(spreadTarget), hcl: "target", emptyIsNull: true),
        ])

    static let spreadTarget = Shape(
        "SpreadTarget", label: "Value",
        [.plain("Value", .string, hcl: "value"), .plain("Percent", .int(.uint8), hcl: "percent")])

    static let scaling = Shape(
        "ScalingPolicy",
        [
            .plain("ID", .string),
            .plain("Namespace", .string).only(.sent),
            .optional("Target", .stringMap),
            .optional("Min", .int(.int64), hcl: "min"),
            .plain("Max", .int(.int64), hcl: "max"),
            .optional("Policy", .free, hcl: "policy"),
            .optional("Enabled", .bool, fill: true, hcl: "enabled"),
            .plain("CreateIndex", .int(.uint64)),
            .plain("ModifyIndex", .int(.uint64)),
        ])
}
