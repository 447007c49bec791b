import MartletCore

/// How a group differs.
struct TaskGroupDiff {
    let type: DiffType
    let name: String
    private(set) var fields: [FieldDiff]
    let objects: [ObjectDiff]
    private(set) var tasks: [TaskDiff]
    /// How many allocations a change would create, update, stop; nil: nobody planned it.
    private(set) var updates: [String: Int]?

    init(_ old: [String: JSONValue]?, _ new: [String: JSONValue]?) {
        type = old == nil ? .added : new == nil ? .deleted : old == new ? .none : .edited
        name = (new ?? old ?? [:]).text("Name")
        fields = FieldDiff.all(Self.flat(old, with: new), Self.flat(new, with: old), isWhole: false)
        objects = Self.objects(old ?? [:], new ?? [:])
        let before = Dictionary((old ?? [:]).objects("Tasks").map { ($0.text("Name"), $0) }) { $1 }
        let after = Dictionary((new ?? [:]).objects("Tasks").map { ($0.text("Name"), $0) }) { $1 }
        tasks = Set(before.keys).union(after.keys).sorted().map { TaskDiff(before[$0], after[$0]) }
    }

    /// Two delays may be unset; they are compared when the group is on both sides.
    private static func flat(_ group: [String: JSONValue]?, with other: [String: JSONValue]?) -> [String: String] {
        var flat = FlatFields.plain(group, JobShape.taskGroup, without: ["Name"])
        guard let group, other != nil else { return flat }
        for name in ["ShutdownDelay", "StopAfterClientDisconnect"] { flat[name] = group[name]?.scalarText ?? "" }
        return flat
    }

    private static func objects(_ old: [String: JSONValue], _ new: [String: JSONValue]) -> [ObjectDiff] {
        var objects = ObjectDiff.plainSets(old, new, "Constraints", JobShape.constraint, "Constraint")
        objects += ObjectDiff.plainSets(old, new, "Affinities", JobShape.affinity, "Affinity")
        let blocks: [(String, Shape, Set<String>)] = [
            ("RestartPolicy", JobShape.restart, []), ("ReschedulePolicy", JobShape.reschedule, []),
            ("EphemeralDisk", JobShape.ephemeralDisk, []), ("Update", JobShape.update, ["Stagger"]),
        ]
        for (name, shape, filter) in blocks {
            let diff = ObjectDiff.plain(old[name]?.object, new[name]?.object, shape, name, without: filter)
            objects += [diff].compactMap { $0 }
        }
        return objects + NetworkDiff.all(old, new) + ServiceDiff.all(old, new)
    }

    /// With what a plan says of the group: the counts, and what each change leads to.
    func planned(_ counts: [String: Int]) -> TaskGroupDiff {
        var planned = self
        planned.updates = counts
        for index in fields.indices where fields[index].name == "Count" && type == .edited {
            let grows = (Int(fields[index].new) ?? 0) > (Int(fields[index].old) ?? 0)
            planned.fields[index].annotations = [grows ? "forces create" : "forces destroy"]
        }
        for index in tasks.indices { planned.tasks[index].annotations = annotations(tasks[index]) }
        return planned
    }

    private func annotations(_ task: TaskDiff) -> [String] {
        switch (type, task.type) {
        case (_, .none): return []
        case (.added, _): return ["forces create"]
        case (.deleted, _): return ["forces destroy"]
        default:
            let inPlace: Set = ["LogConfig", "Service", "Constraint"]
            let keepsTask =
                task.type == .edited && task.fields.allSatisfy { $0.name == "KillTimeout" }
                && task.objects.allSatisfy { inPlace.contains($0.name) }
            return [keepsTask ? "forces in-place update" : "forces create/destroy update"]
        }
    }

    var json: JSONValue {
        [
            "Type": .string(type.rawValue), "Name": .string(name), "Fields": .list(fields.map(\.json)),
            "Objects": .list(objects.map(\.json)), "Tasks": .list(tasks.map(\.json)),
            "Updates": updates.map { .object($0.mapValues { .int(Int64($0)) }) } ?? .null,
        ]
    }
}
