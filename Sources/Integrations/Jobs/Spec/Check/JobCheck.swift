import GoWire
import MartletCore

/// Checks a canonical job, in Nomad's order and words; what only this server asks for comes last.
struct JobCheck {
    private(set) var problems: [String] = []
    private let job: [String: JSONValue]
    private let type: String

    static let mostGroups = 64
    static let mostTasks = 64
    static let mostCount: Int64 = 1000
    /// Far below what a thread's stack bears; nobody writes a configuration half as deep.
    static let deepestConfig = 64
    /// Of a whole job.
    static let deepest = deepestConfig + 8
    static let longestID = 1024
    /// Nanoseconds; also the bound of every other number, so that sums of some of them are numbers still.
    static let longestSpan = TimeSpan.longest.milliseconds * 1_000_000
    static let mostResources = 1 << 31

    init(_ job: [String: JSONValue]) {
        self.job = job
        type = job.text("Type")
        identity()
        placement()
        groupNames()
        groups()
        periodic()
        parameterized()
        limits()
    }

    private mutating func add(_ problem: String) { problems.append(problem) }

    private mutating func identity() {
        if job.text("Region").isEmpty { add("Missing job region") }
        let id = job.text("ID")
        if id.isEmpty { add("Missing job ID") } else if id.contains(" ") { add("Job ID contains a space") }
        if job.text("Name").isEmpty { add("Missing job name") }
        if job.text("Namespace").isEmpty { add("Job must be in a namespace") }
        if type.isEmpty {
            add("Missing job type")
        } else if JobSpec.Kind(rawValue: type) == nil {
            add("Invalid job type: \(GoErrors.quoted(type))")
        }
        if !(1...100).contains(job.integer("Priority")) { add("Job priority must be between [1, 100]") }
        let datacenters = job.texts("Datacenters")
        if datacenters.isEmpty { add("Missing job datacenters") }
        for datacenter in datacenters where datacenter.isEmpty { add("Job datacenter must be non-empty string") }
        if job.objects("TaskGroups").isEmpty { add("Missing job task groups") }
    }

    private mutating func placement() {
        problems += PlacementCheck.problems(job, isSystem: type == "system")
    }

    private mutating func groupNames() {
        var seen: [String: Int] = [:]
        for (index, group) in job.objects("TaskGroups").enumerated() {
            let name = group.text("Name")
            if name.isEmpty {
                add("Job task group \(index + 1) missing name")
            } else if let first = seen[name] {
                add("Job task group \(index + 1) redefines '\(name)' from group \(first + 1)")
            } else {
                seen[name] = index
            }
            if group.integer("ShutdownDelay") < 0 { add("ShutdownDelay must be a positive value") }
            if group.integer("StopAfterClientDisconnect") < 0 {
                add("StopAfterClientDisconnect must be a positive value")
            }
            if type == "system", group.integer("Count") > 1 {
                add(
                    "Job task group \(name) has count \(group.integer("Count")). Count cannot exceed 1 with system scheduler"
                )
            }
        }
    }

    private mutating func groups() {
        for group in job.objects("TaskGroups") {
            let found = GroupCheck(group, type).problems
            if !found.isEmpty {
                add("Task group \(group.text("Name")) validation failed: \(GoErrors.text(found))")
            }
        }
    }

    private mutating func periodic() {
        guard let periodic = job["Periodic"]?.object.map(JobSpec.Periodic.init), periodic.isEnabled else { return }
        if type != "batch" { add("Periodic can only be used with \"batch\" scheduler") }
        let found = PeriodicCheck.problems(periodic)
        if !found.isEmpty { add(GoErrors.text(found)) }
    }

    private mutating func parameterized() {
        guard let parameterized = job["ParameterizedJob"]?.object.map(JobSpec.Parameterized.init) else { return }
        if type != "batch" { add("Parameterized job can only be used with \"batch\" scheduler") }
        var found: [String] = []
        if !["optional", "required", "forbidden"].contains(parameterized.payload) {
            found.append("Unknown payload requirement: \(GoErrors.quoted(parameterized.payload))")
        }
        let both = Set(parameterized.metaRequired).intersection(parameterized.metaOptional).sorted()
        if !both.isEmpty {
            found.append(
                "Required and optional meta keys should be disjoint. Following keys exist in both: [\(both.joined(separator: " "))]"
            )
        }
        if !found.isEmpty { add(GoErrors.text(found)) }
    }

    private mutating func limits() {
        let id = job.text("ID")
        if id.utf8.count > Self.longestID { add("Job ID is longer than \(Self.longestID) bytes") }
        if id.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            add("Job ID contains a control character")
        }
        let groups = job.objects("TaskGroups")
        if groups.count > Self.mostGroups {
            add("Job has \(groups.count) task groups: at most \(Self.mostGroups) are allowed")
        }
        for group in groups {
            let (name, count, tasks) = (group.text("Name"), group.integer("Count"), group.objects("Tasks"))
            if count > Self.mostCount {
                add("Task group \(name) has count \(count): at most \(Self.mostCount) is allowed")
            }
            if tasks.count > Self.mostTasks {
                add("Task group \(name) has \(tasks.count) tasks: at most \(Self.mostTasks) are allowed")
            }
            for task in tasks where (task["Config"] ?? .null).isDeeper(than: Self.deepestConfig) {
                add("Config of task \(task.text("Name")) is nested deeper than \(Self.deepestConfig) levels")
            }
            for task in tasks {
                let resources = task["Resources"]?.object ?? [:]
                for name in ["CPU", "MemoryMB"] where resources.integer(name) > Int64(Self.mostResources) {
                    add("\(name) of task \(task.text("Name")) is more than \(Self.mostResources)")
                }
            }
        }
        guard problems.isEmpty else { return }
        if JSONValue.object(job).isDeeper(than: Self.deepest) {
            add("Job is nested deeper than \(Self.deepest) levels")
        }
        if let name = Self.excessive(job) {
            add("\(name) is more than \(Self.longestSpan), which are ten years in nanoseconds")
        }
    }

    /// The name of a number that is too large; what is not the server's to read is left out.
    private static func excessive(_ members: [String: JSONValue]) -> String? {
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where name != "Config" {
            switch value {
            case .int(let number) where number.magnitude > UInt64(longestSpan): return name
            case .object(let inner): if let found = excessive(inner) { return found }
            case .array(let elements):
                for element in elements { if let found = excessive(element.object ?? [:]) { return found } }
            default: break
            }
        }
        return nil
    }
}

extension JSONValue {
    fileprivate func isDeeper(than levels: Int) -> Bool {
        switch self {
        case .array(let elements): levels == 0 || elements.contains { $0.isDeeper(than: levels - 1) }
        case .object(let members): levels == 0 || members.values.contains { $0.isDeeper(than: levels - 1) }
        default: false
        }
    }
}
