import MartletCore

extension JobShape {
    static let service = Shape(
        "Service",
        [
            .plain("Id", .string).only(.sent),
            .plain("Name", .string, hcl: "name"),
            .optional("Tags", .strings, hcl: "tags", emptyIsNull: true),
            .optional("CanaryTags", .strings, hcl: "canary_tags", emptyIsNull: true),
            .plain("EnableTagOverride", .bool, hcl: "enable_tag_override"),
            .plain("PortLabel", .string, hcl: "port"),
            .plain("AddressMode", .string, hcl: "address_mode"),
            .optional("Checks", .objects(check, isPointer: false), hcl: "check", emptyIsNull: true),
            .optional("CheckRestart", .object(checkRestart), hcl: "check_restart").only(.sent),
            .optional("Connect", .free),
            .optional("Meta", .stringMap, hcl: "meta", emptyIsNull: true),
            .optional("CanaryMeta", .stringMap, hcl: "canary_meta", emptyIsNull: true),
        ])

    static let check = Shape(
        "ServiceCheck",
        [
            .plain("Id", .string).only(.sent),
            .plain("Name", .string, hcl: "name"),
            .plain("Type", .string, hcl: "type"),
            .plain("Command", .string, hcl: "command"),
            .optional("Args", .strings, hcl: "args", emptyIsNull: true),
            .plain("Path", .string, hcl: "path"),
            .plain("Protocol", .string, hcl: "protocol"),
            .plain("PortLabel", .string, hcl: "port"),
            .plain("Expose", .bool, hcl: "expose"),
            .plain("AddressMode", .string, hcl: "address_mode"),
            .plain("Interval", .duration, hcl: "interval"),
            .plain("Timeout", .duration, hcl: "timeout"),
            .plain("InitialStatus", .string, hcl: "initial_status"),
            .plain("TLSSkipVerify", .bool, hcl: "tls_skip_verify"),
            .optional("Header", .listMap, hcl: "header", emptyIsNull: true),
            .plain("Method", .string, hcl: "method"),
            .optional("CheckRestart", .object(checkRestart), hcl: "check_restart"),
            .plain("GRPCService", .string, hcl: "grpc_service"),
            .plain("GRPCUseTLS", .bool, hcl: "grpc_use_tls"),
            .plain("TaskName", .string, hcl: "task"),
        ])

    static let checkRestart = Shape(
        "CheckRestart",
        [
            .plain("Limit", .int, hcl: "limit"),
            .optional("Grace", .duration, fill: 1_000_000_000, hcl: "grace"),
            .plain("IgnoreWarnings", .bool, hcl: "ignore_warnings"),
        ])

    static let volume = Shape(
        "VolumeRequest", label: "Name",
        [
            .plain("Name", .string),
            .plain("Type", .string, hcl: "type"),
            .plain("Source", .string, hcl: "source"),
            .plain("ReadOnly", .bool, hcl: "read_only"),
            .optional("MountOptions", .object(mountOptions), hcl: "mount_options"),
        ])

    static let mountOptions = Shape(
        "CSIMountOptions",
        [.plain("FSType", .string, hcl: "fs_type"), .optional("MountFlags", .strings, hcl: "mount_flags")])
}
