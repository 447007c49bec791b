package import MartletCore

/// How a version of a job differs from the one before: for `versions?diffs=true` and for plans.
package struct JobDiff: Sendable {
    package let type: DiffType
    /// As Nomad writes it.
    package let json: JSONValue

    /// - Parameters:
    ///   - old: nil: the job is new.
    ///   - stopped: whether the old and the new version are stopped.
    ///   - updates: for plans, by group: how many allocations are `create`d, `create/destroy update`d and so on.
    package init(
        from old: JobSpec?, to new: JobSpec, stopped: (old: Bool, new: Bool) = (false, false),
        updates: [String: [String: Int]]? = nil
    ) {
        let before = old.map { $0.values.merging(Self.own(stopped.old)) { $1 } }
        let after = new.values.merging(Self.own(stopped.new)) { $1 }
        let filter: Set = ["ID"]
        let fields = FieldDiff.all(
            FlatFields.plain(before, JobShape.job, without: filter),
            FlatFields.plain(after, JobShape.job, without: filter), isWhole: false)
        let objects = Self.objects(before ?? [:], after)
        var groups = Self.groups(before ?? [:], after)
        if let updates { groups = groups.map { diff in updates[diff.name].map { diff.planned($0) } ?? diff } }
        let isSame =
            fields.isEmpty && objects.allSatisfy { $0.type == .none } && groups.allSatisfy { $0.type == .none }
        type = old == nil ? .added : isSame ? .none : .edited
        json = [
            "Type": .string(type.rawValue), "ID": .string(new.id), "Fields": .list(fields.map(\.json)),
            "Objects": .list(objects.map(\.json)), "TaskGroups": .list(groups.map(\.json)),
        ]
    }

    /// What of the server's own fields is compared.
    private static func own(_ isStopped: Bool) -> [String: JSONValue] {
        ["Stop": .bool(isStopped), "Dispatched": false]
    }

    private static func objects(_ old: [String: JSONValue], _ new: [String: JSONValue]) -> [ObjectDiff] {
        var objects: [ObjectDiff] = []
        if let diff = ObjectDiff.texts(old, new, "Datacenters"), diff.type != .none { objects.append(diff) }
        objects += ObjectDiff.plainSets(old, new, "Constraints", JobShape.constraint, "Constraint")
        objects += ObjectDiff.plainSets(old, new, "Affinities", JobShape.affinity, "Affinity")
        let periodic = ObjectDiff.plain(
            old["Periodic"]?.object, new["Periodic"]?.object, JobShape.periodic, "Periodic")
        let name = "ParameterizedJob"
        let parameterized = ObjectDiff.deep(old[name]?.object, new[name]?.object, JobShape.parameterized, name) {
            [ObjectDiff.texts($0, $1, "MetaOptional"), ObjectDiff.texts($0, $1, "MetaRequired")].compactMap { $0 }
        }
        return objects + [periodic, parameterized].compactMap { $0 }
    }

    private static func groups(_ old: [String: JSONValue], _ new: [String: JSONValue]) -> [TaskGroupDiff] {
        let before = Dictionary(old.objects("TaskGroups").map { ($0.text("Name"), $0) }) { $1 }
        let after = Dictionary(new.objects("TaskGroups").map { ($0.text("Name"), $0) }) { $1 }
        return Set(before.keys).union(after.keys).sorted().map { TaskGroupDiff(before[$0], after[$0]) }
    }
}
