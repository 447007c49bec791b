import MartletCore

/// Makes a job canonical: every default filled in, the job's policies merged into its groups, the groups' into their
/// tasks. The values are a whole `Job` as clients send it; the result still is one.
enum CanonicalJob {
    static func values(_ job: [String: JSONValue]) -> [String: JSONValue] {
        var job = job
        if job["Name"] ?? .null == .null { job["Name"] = job["ID"] == .null ? "" : job["ID"] }
        job = JobShape.job.filledAtTop(job)
        let type = job.text("Type")
        if let update = job["Update"]?.object {
            job["Update"] = .object(JobShape.update.filled(update))
        } else if type == "service" {
            job["Update"] = defaults(JobShape.update)
        }
        if var periodic = job["Periodic"]?.object, periodic.text("TimeZone").isEmpty {
            periodic["TimeZone"] = "UTC"
            job["Periodic"] = .object(periodic)
        }
        if let groups = job["TaskGroups"]?.array {
            job["TaskGroups"] = .array(groups.map { .object(group($0.object ?? [:], of: job, type)) })
        }
        // Last: what a group or a task leaves out is its parent's before it is a default.
        return JobShape.job.filled(job)
    }

    private static func defaults(_ shape: Shape) -> JSONValue { .object(shape.filled(shape.empty)) }

    private static func group(
        _ values: [String: JSONValue], of job: [String: JSONValue], _ type: String
    ) -> [String: JSONValue] {
        var group = values
        if group["Count"] == .null {
            group["Count"] = group["Scaling"]?.object?["Min"].flatMap { $0 == .null ? nil : $0 } ?? 1
        }
        if var scaling = group["Scaling"]?.object, scaling["Min"] == .null {
            scaling["Min"] = group["Count"]
            group["Scaling"] = .object(scaling)
        }
        if group["EphemeralDisk"] == .null { group["EphemeralDisk"] = defaults(JobShape.ephemeralDisk) }
        group["Update"] = merged("Update", JobShape.update, job["Update"].flatMap(unlessEmpty), group["Update"])
        group["Migrate"] = merged(
            "Migrate", JobShape.migrate, job["Migrate"], group["Migrate"], always: type == "service")
        mergePolicies(&group, job, type)
        nameServices(&group, "\(job.text("Name"))-\(group.text("Name"))")
        if let tasks = group["Tasks"]?.array {
            group["Tasks"] = .array(tasks.map { .object(task($0.object ?? [:], of: group, job)) })
        }
        return group
    }

    private static func merged(
        _ name: String, _ shape: Shape, _ ofJob: JSONValue?, _ ofGroup: JSONValue?, always: Bool = false
    ) -> JSONValue {
        let hasOne = ofJob?.object != nil || ofGroup?.object != nil
        guard hasOne || always else { return .null }
        return .object(shape.filled(shape.empty.overlaid(with: ofJob).overlaid(with: ofGroup)))
    }

    /// An update block with nothing but zeros, as a stored job has it for batch jobs, stands for none.
    private static func unlessEmpty(_ update: JSONValue) -> JSONValue? {
        let zeros: Set<JSONValue> = [.null, "", 0, false]
        return update.object?.values.allSatisfy(zeros.contains) == true ? nil : update
    }

    private static func mergePolicies(
        _ group: inout [String: JSONValue], _ job: [String: JSONValue], _ type: String
    ) {
        group["RestartPolicy"] = .object(Policies.restart(type).overlaid(with: group["RestartPolicy"]))
        let hasOne = job["Reschedule"]?.object != nil || group["ReschedulePolicy"]?.object != nil
        guard hasOne || type != "system" else { return }
        group["ReschedulePolicy"] = .object(
            Policies.reschedule(type).overlaid(with: job["Reschedule"]).overlaid(with: group["ReschedulePolicy"]))
    }

    private static func task(
        _ values: [String: JSONValue], of group: [String: JSONValue], _ job: [String: JSONValue]
    ) -> [String: JSONValue] {
        var task = values
        if task["Resources"] == .null { task["Resources"] = defaults(JobShape.resources) }
        if task["LogConfig"] == .null { task["LogConfig"] = defaults(JobShape.logConfig) }
        task["RestartPolicy"] = .object(
            (group["RestartPolicy"]?.object ?? [:]).overlaid(with: task["RestartPolicy"]))
        if let lifecycle = task["Lifecycle"]?.object, lifecycle == JobShape.lifecycle.empty {
            task["Lifecycle"] = .null
        }
        if let templates = task["Templates"]?.array { task["Templates"] = .array(templates.map(template)) }
        if let artifacts = task["Artifacts"]?.array { task["Artifacts"] = .array(artifacts.map(artifact)) }
        nameServices(&task, "\(job.text("Name"))-\(group.text("Name"))-\(task.text("Name"))")
        return task
    }

    private static func template(_ value: JSONValue) -> JSONValue {
        guard var template = value.object else { return value }
        let signal = template.text("ChangeSignal")
        let standard = template.text("ChangeMode") == "signal" ? "SIGHUP" : ""
        template["ChangeSignal"] = template["ChangeSignal"] == .null ? .string(standard) : .string(signal.uppercased())
        return .object(template)
    }

    private static func artifact(_ value: JSONValue) -> JSONValue {
        guard var artifact = value.object, artifact["RelativeDest"] == .null else { return value }
        let file = artifact.text("GetterSource").split(separator: "/").last.map(String.init) ?? ""
        artifact["RelativeDest"] = .string(artifact.text("GetterMode") == "file" ? "local/\(file)" : "local/")
        return .object(artifact)
    }

    /// Services without a name get one; how checks restart comes from the service.
    private static func nameServices(_ owner: inout [String: JSONValue], _ name: String) {
        guard let services = owner["Services"]?.array else { return }
        owner["Services"] = .array(
            services.map { value in
                var service = value.object ?? [:]
                if service.text("Name").isEmpty { service["Name"] = .string(name) }
                if service.text("AddressMode").isEmpty { service["AddressMode"] = "auto" }
                let ofService = service["CheckRestart"]
                if let checks = service["Checks"]?.array {
                    service["Checks"] = .array(checks.map { .object(check($0.object ?? [:], ofService)) })
                }
                return .object(service)
            })
    }

    private static func check(_ values: [String: JSONValue], _ ofService: JSONValue?) -> [String: JSONValue] {
        var check = values
        if let restart = ofService?.object {
            check["CheckRestart"] = .object(restart.overlaid(with: check["CheckRestart"]))
        }
        return check
    }
}
