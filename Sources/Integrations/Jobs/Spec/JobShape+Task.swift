import MartletCore

extension JobShape {
    static let task = Shape(
        "Task", label: "Name",
        [
            .plain("Name", .string),
            .plain("Driver", .string, hcl: "driver"),
            .plain("User", .string, hcl: "user"),
            .optional("Lifecycle", .object(lifecycle), hcl: "lifecycle"),
            .optional("Config", .free, hcl: "config"),
            .optional("Constraints", .objects(constraint), hcl: "constraint"),
            .optional("Affinities", .objects(affinity), hcl: "affinity"),
            .optional("Env", .stringMap, hcl: "env", emptyIsNull: true),
            .optional("Services", .objects(service), hcl: "service", emptyIsNull: true),
            .optional("Resources", .object(resources), hcl: "resources"),
            .optional("RestartPolicy", .object(restart), hcl: "restart"),
            .optional("Meta", .stringMap, hcl: "meta", emptyIsNull: true),
            .optional("KillTimeout", .duration, fill: 5_000_000_000, hcl: "kill_timeout"),
            .optional("LogConfig", .object(logConfig), hcl: "logs"),
            .optional("Artifacts", .objects(artifact), hcl: "artifact", emptyIsNull: true),
            .optional("Vault", .object(vault), hcl: "vault"),
            .optional("Templates", .objects(template), hcl: "template", emptyIsNull: true),
            .optional("DispatchPayload", .object(dispatchPayload), hcl: "dispatch_payload"),
            .optional("VolumeMounts", .objects(volumeMount), hcl: "volume_mount", emptyIsNull: true),
            .plain("Leader", .bool, hcl: "leader"),
            .plain("ShutdownDelay", .duration, hcl: "shutdown_delay"),
            .plain("KillSignal", .string, hcl: "kill_signal"),
            .plain("Kind", .string, hcl: "kind"),
            .optional("CSIPluginConfig", .free).only(.stored),
        ])

    static let resources = Shape(
        "Resources",
        [
            .optional("CPU", .int, fill: 100, hcl: "cpu"),
            .optional("MemoryMB", .int, fill: 300, hcl: "memory"),
            .optional("DiskMB", .int, hcl: "disk"),
            .optional("Networks", .objects(network), hcl: "network", emptyIsNull: true),
            .optional("Devices", .objects(device), hcl: "device", emptyIsNull: true),
            .optional("IOPS", .int, hcl: "iops"),
        ])

    static let network = Shape(
        "NetworkResource",
        [
            .plain("Mode", .string, hcl: "mode"),
            .plain("Device", .string),
            .plain("CIDR", .string),
            .plain("IP", .string),
            .optional("MBits", .int, fill: 10, hcl: "mbits"),
            .optional("ReservedPorts", .objects(port, isPointer: false), emptyIsNull: true),
            .optional("DynamicPorts", .objects(port, isPointer: false), hcl: "port", emptyIsNull: true),
            .optional("Services", .objects(service)).only(.sent),
        ])

    static let port = Shape(
        "Port", label: "Label",
        [.plain("Label", .string), .plain("Value", .int, hcl: "static"), .plain("To", .int, hcl: "to")])

    static let device = Shape(
        "RequestedDevice", label: "Name",
        [
            .plain("Name", .string),
            .optional("Count", .int(.uint64), fill: 1, hcl: "count"),
            .optional("Constraints", .objects(constraint), hcl: "constraint"),
            .optional("Affinities", .objects(affinity), hcl: "affinity"),
        ])

    static let logConfig = Shape(
        "LogConfig",
        [
            .optional("MaxFiles", .int, fill: 10, hcl: "max_files"),
            .optional("MaxFileSizeMB", .int, fill: 10, hcl: "max_file_size"),
        ])

    static let lifecycle = Shape(
        "TaskLifecycle", [.plain("Hook", .string, hcl: "hook"), .plain("Sidecar", .bool, hcl: "sidecar")])

    static let dispatchPayload = Shape("DispatchPayloadConfig", [.plain("File", .string, hcl: "file")])

    static let artifact = Shape(
        "TaskArtifact",
        [
            .optional("GetterSource", .string, fill: "", hcl: "source"),
            .optional("GetterOptions", .stringMap, hcl: "options"),
            .optional("GetterMode", .string, fill: "any", hcl: "mode"),
            .optional("RelativeDest", .string, hcl: "destination"),
        ])

    static let template = Shape(
        "Template", inBlock: ["ChangeMode": "restart", "Splay": 5_000_000_000, "Perms": "0644"],
        [
            .optional("SourcePath", .string, fill: "", hcl: "source"),
            .optional("DestPath", .string, fill: "", hcl: "destination"),
            .optional("EmbeddedTmpl", .string, fill: "", hcl: "data"),
            .optional("ChangeMode", .string, fill: "restart", hcl: "change_mode"),
            .optional("ChangeSignal", .string, hcl: "change_signal"),
            .optional("Splay", .duration, fill: 5_000_000_000, hcl: "splay"),
            .optional("Perms", .string, fill: "0644", hcl: "perms"),
            .optional("LeftDelim", .string, fill: "{{", hcl: "left_delimiter"),
            .optional("RightDelim", .string, fill: "}}", hcl: "right_delimiter"),
            .optional("Envvars", .bool, fill: false, hcl: "env"),
            .optional("VaultGrace", .duration, fill: 0, hcl: "vault_grace"),
        ])

    static let vault = Shape(
        "Vault", inBlock: ["Env": true, "ChangeMode": "restart"],
        [
            .optional("Policies", .strings, hcl: "policies"),
            .optional("Env", .bool, fill: true, hcl: "env"),
            .optional("ChangeMode", .string, fill: "restart", hcl: "change_mode"),
            .optional("ChangeSignal", .string, fill: "SIGHUP", hcl: "change_signal"),
        ])

    static let volumeMount = Shape(
        "VolumeMount",
        [
            .optional("Volume", .string, hcl: "volume"),
            .optional("Destination", .string, hcl: "destination"),
            .optional("ReadOnly", .bool, fill: false, hcl: "read_only"),
            .optional("PropagationMode", .string, fill: "private", hcl: "propagation_mode"),
        ])
}
