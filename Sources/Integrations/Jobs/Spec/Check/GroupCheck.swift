import GoWire
import MartletCore

/// Checks one group of a canonical job.
struct GroupCheck {
    private(set) var problems: [String] = []
    private let group: [String: JSONValue]
    private let view: TaskGroup
    private let type: String

    init(_ group: [String: JSONValue], _ type: String) {
        self.group = group
        self.type = type
        view = TaskGroup(group)
        basics()
        policies()
        taskNames()
        volumes()
        network()
        tasks()
    }

    private mutating func add(_ problem: String) { problems.append(problem) }

    private mutating func addAll(_ found: [String]) {
        if !found.isEmpty { add(GoErrors.text(found)) }
    }

    private mutating func basics() {
        if view.name.isEmpty { add("Missing task group name") }
        if view.count < 0 { add("Task group count can't be negative") }
        if view.tasks.isEmpty { add("Missing tasks for task group") }
        problems += PlacementCheck.problems(group, isSystem: type == "system")
    }

    private mutating func policies() {
        addAll(PolicyCheck.restart(view.restart))
        if type == "system" {
            if view.reschedule != nil { add("System jobs should not have a reschedule policy") }
        } else if let reschedule = view.reschedule {
            addAll(PolicyCheck.reschedule(reschedule))
        }
        if view.ephemeralDisk.sizeMB < 10 { add("minimum DiskMB value is 10; got \(view.ephemeralDisk.sizeMB)") }
        if let update = view.update {
            if type != "service", type != "system" {
                add("Job type \(GoErrors.quoted(type)) does not allow update block")
            }
            addAll(PolicyCheck.update(update))
        }
        guard let migrate = group["Migrate"]?.object else { return }
        if type == "service" {
            addAll(self.migrate(migrate))
        } else {
            add("Job type \(GoErrors.quoted(type)) does not allow migrate block")
        }
    }

    private func migrate(_ values: [String: JSONValue]) -> [String] {
        var problems: [String] = []
        let parallel = values.integer("MaxParallel")
        if parallel < 0 { problems.append("MaxParallel must be >= 0 but found \(parallel)") }
        switch values.text("HealthCheck") {
        case "checks", "task_states": break
        case "": if parallel > 0 { problems.append("Missing HealthCheck") }
        case let other: problems.append("Invalid HealthCheck: \(GoErrors.quoted(other))")
        }
        let (healthy, deadline) = (values.integer("MinHealthyTime"), values.integer("HealthyDeadline"))
        if healthy < 0 { problems.append("MinHealthyTime is \(GoDuration.text(healthy)) and must be >= 0") }
        if deadline < 0 { problems.append("HealthyDeadline is \(GoDuration.text(deadline)) and must be >= 0") }
        if healthy > deadline { problems.append("MinHealthyTime must be less than HealthyDeadline") }
        return problems
    }

    private mutating func taskNames() {
        var seen: [String: Int] = [:]
        for (index, task) in view.tasks.enumerated() {
            if task.name.isEmpty {
                add("Task \(index + 1) missing name")
            } else if let first = seen[task.name] {
                add("Task \(index + 1) redefines '\(task.name)' from task \(first + 1)")
            } else {
                seen[task.name] = index
            }
        }
        if view.tasks.filter(\.leader).count > 1 { add("Only one task may be marked as leader") }
    }

    private mutating func volumes() {
        let volumes = group["Volumes"]?.object ?? [:]
        for (name, volume) in volumes.sorted(by: { $0.key < $1.key }) {
            let values = volume.object ?? [:]
            if !["host", "csi"].contains(values.text("Type")) {
                add("Volume \(name) has unrecognised type \(values.text("Type"))")
            }
            if values.text("Source").isEmpty { add("Volume \(name) has an empty source") }
        }
        for task in group.objects("Tasks") {
            for (index, mount) in task.objects("VolumeMounts").enumerated() {
                let volume = mount.text("Volume")
                if volume.isEmpty {
                    add("Task \(task.text("Name")) has a volume mount (\(index)) referencing an empty volume")
                } else if volumes[volume] == nil {
                    add(
                        "Task \(task.text("Name")) has a volume mount (\(index)) referencing undefined volume \(volume)"
                    )
                }
            }
        }
    }

    private mutating func network() {
        let found = PortCheck.problems(group.objects("Networks"))
        if !found.isEmpty { add("Task group network validation failed: \(GoErrors.text(found))") }
    }

    private mutating func tasks() {
        for (values, task) in zip(group.objects("Tasks"), view.tasks) {
            let found = TaskCheck(values, task, diskMB: view.ephemeralDisk.sizeMB, isSystem: type == "system").problems
            if !found.isEmpty { add("Task \(task.name) validation failed: \(GoErrors.text(found))") }
        }
    }
}

/// Ports of networks: labels once, static ports once and within what exists.
enum PortCheck {
    static func problems(_ networks: [[String: JSONValue]]) -> [String] {
        var problems: [String] = []
        var labels: Set<String> = []
        var statics: Set<Int64> = []
        for network in networks {
            for kind in ["ReservedPorts", "DynamicPorts"] {
                for port in network.objects(kind) {
                    let (label, value, to) = (port.text("Label"), port.integer("Value"), port.integer("To"))
                    if !labels.insert(label).inserted {
                        problems.append("Port label \(label) already in use by this task group or one of its tasks")
                    }
                    if !(0...65_535).contains(value) {
                        problems.append("Port \(label) has the static port \(value): it must be 1 to 65535")
                    }
                    if kind == "ReservedPorts", value > 0, !statics.insert(value).inserted {
                        problems.append("Static port \(value) already reserved by \(label)")
                    }
                    if !(-1...65_535).contains(to) {
                        problems.append("Port \"\(label)\" cannot be mapped to a port (\(to)) greater than 65535")
                    }
                }
            }
        }
        return problems
    }
}
