import MartletCore

/// How a task differs.
struct TaskDiff {
    let type: DiffType
    let name: String
    let fields: [FieldDiff]
    let objects: [ObjectDiff]
    var annotations: [String] = []

    init(_ old: [String: JSONValue]?, _ new: [String: JSONValue]?) {
        type = old == nil ? .added : new == nil ? .deleted : old == new ? .none : .edited
        name = (new ?? old ?? [:]).text("Name")
        let shape = JobShape.task
        fields = FieldDiff.all(
            FlatFields.plain(old, shape, without: ["Name"]), FlatFields.plain(new, shape, without: ["Name"]),
            isWhole: false)
        objects = Self.objects(old ?? [:], new ?? [:])
    }

    private static func objects(_ old: [String: JSONValue], _ new: [String: JSONValue]) -> [ObjectDiff] {
        var objects = ObjectDiff.plainSets(old, new, "Constraints", JobShape.constraint, "Constraint")
        objects += ObjectDiff.plainSets(old, new, "Affinities", JobShape.affinity, "Affinity")
        let plain: (String, Shape) -> ObjectDiff? = { ObjectDiff.plain(old[$0]?.object, new[$0]?.object, $1, $0) }
        objects += [
            ObjectDiff.config(old["Config"]?.object ?? [:], new["Config"]?.object ?? [:]),
            resources(old["Resources"]?.object, new["Resources"]?.object), plain("LogConfig", JobShape.logConfig),
            plain("DispatchPayload", JobShape.dispatchPayload),
        ].compactMap { $0 }
        objects += ObjectDiff.plainSets(old, new, "Artifacts", JobShape.artifact, "Artifact")
        objects += ServiceDiff.all(old, new)
        let vault = ObjectDiff.deep(old["Vault"]?.object, new["Vault"]?.object, JobShape.vault, "Vault") {
            [ObjectDiff.texts($0, $1, "Policies")].compactMap { $0 }
        }
        objects += [vault].compactMap { $0 }
        return objects + ObjectDiff.plainSets(old, new, "Templates", JobShape.template, "Template")
    }

    private static func resources(_ old: [String: JSONValue]?, _ new: [String: JSONValue]?) -> ObjectDiff? {
        ObjectDiff.deep(old, new, JobShape.resources, "Resources") { old, new in
            NetworkDiff.all(old, new)
                + ObjectDiff.named(old.objects("Devices"), new.objects("Devices"), by: "Name") {
                    ObjectDiff.deep($0, $1, JobShape.device, "Device") { _, _ in [] }
                }
        }
    }

    var json: JSONValue {
        [
            "Type": .string(type.rawValue), "Name": .string(name), "Fields": .list(fields.map(\.json)),
            "Objects": .list(objects.map(\.json)), "Annotations": .strings(annotations),
        ]
    }
}

enum NetworkDiff {
    /// Of a group or of a task's resources.
    static func all(_ old: [String: JSONValue], _ new: [String: JSONValue]) -> [ObjectDiff] {
        ObjectDiff.sets(old.objects("Networks"), new.objects("Networks")) { old, new in
            ObjectDiff.deep(old, new, JobShape.network, "Network", without: ["Device", "CIDR", "IP"]) {
                ports($0, $1, "ReservedPorts", "Static Port", without: [])
                    + ports($0, $1, "DynamicPorts", "Dynamic Port", without: ["Value"])
            }
        }
    }

    private static func ports(
        _ old: [String: JSONValue], _ new: [String: JSONValue], _ field: String, _ name: String,
        without filter: Set<String>
    ) -> [ObjectDiff] {
        ObjectDiff.named(old.objects(field), new.objects(field), by: "Label") {
            ObjectDiff.plain($0, $1, JobShape.port, name, without: filter)
        }
    }
}

enum ServiceDiff {
    /// Of a group or of a task.
    static func all(_ old: [String: JSONValue], _ new: [String: JSONValue]) -> [ObjectDiff] {
        ObjectDiff.named(old.objects("Services"), new.objects("Services"), by: "Name") { old, new in
            ObjectDiff.deep(old, new, JobShape.service, "Service") { old, new in
                [changed("CanaryTags", old, new), changed("Tags", old, new)].compactMap { $0 }
                    + ObjectDiff.named(old.objects("Checks"), new.objects("Checks"), by: "Name", check)
            }
        }
    }

    private static func check(_ old: [String: JSONValue]?, _ new: [String: JSONValue]?) -> ObjectDiff? {
        ObjectDiff.deep(old, new, JobShape.check, "Check") { old, new in
            let (before, after) = (old["CheckRestart"]?.object, new["CheckRestart"]?.object)
            return [
                changed("Args", old, new), ObjectDiff.plain(before, after, JobShape.checkRestart, "CheckRestart"),
            ].compactMap { $0 }
        }
    }

    private static func changed(
        _ name: String, _ old: [String: JSONValue], _ new: [String: JSONValue]
    ) -> ObjectDiff? {
        ObjectDiff.texts(old, new, name).flatMap { $0.type == .none ? nil : $0 }
    }
}
