import MartletCore

extension AgentPlan {
    static let mostJobs = Inventory.mostVolumes * 2

    /// From the jobs that a controller of the replaced system pushes to a node, `[Job]` of contract §1.4. What is wrong with
    /// one job refuses that job: `refused` tells why, by its place in the list.
    package init(jobs: [BackupJob], of settings: AgentSettings, zone: String) {
        self.init(node: settings.node, zone: zone, limit: nil)
        self.jobs = jobs
        let expires = Self.expires(jobs)
        var reading = Reading(root: settings.root)
        for (index, job) in jobs.enumerated() where job.action != .expire {
            do throws(Refused) {
                try reading.take(job, expires)
            } catch {
                refused[index] = error.why
            }
        }
        volumes = reading.volumes.values.sorted { $0.name.description < $1.name.description }
        for (inner, outer) in Inventory.nested(volumes) {
            volumes.removeAll { $0.name == inner.name }
            for (index, job) in jobs.enumerated() where job.volumeName == inner.name {
                refused[index] = "its volume lies in the volume \(outer.name.volume)"
            }
        }
        standard = Set(volumes.filter { Inventory.path(of: $0.name, below: settings.root) == $0.path }.map(\.name))
    }

    /// `info` of the jobs that clear up: `[dir, expire, dir, expire, …]`, `@increment` behind the directories of increments.
    private static func expires(_ jobs: [BackupJob]) -> [String: TimeSpan] {
        var found: [String: TimeSpan] = [:]
        for job in jobs where job.action == .expire {
            let words = (job.arguments["info"]?.array ?? []).map { $0.string ?? "" }
            for index in stride(from: 0, to: words.count - 1, by: 2) {
                found[words[index]] = LegacySpan.parse(words[index + 1])
            }
        }
        return found
    }
}

private struct Refused: Error {
    let why: String
}

private struct Reading {
    let root: String
    var volumes: [VolumeName: DeclaredVolume] = [:]
    private var archives: Set<String> = []

    init(root: String) { self.root = root }

    mutating func take(_ job: BackupJob, _ expires: [String: TimeSpan]) throws(Refused) {
        guard job.action == .backup else { throw Refused(why: "its action is not backup or backup_expire") }
        guard !job.id.isEmpty else { throw Refused(why: "it has no id") }
        guard let name = job.volumeName else { throw Refused(why: "its args name no volume of an instance") }
        if let problem = VolumeName.problem(withVolume: name.volume) { throw Refused(why: "its volume \(problem)") }
        guard name.proc.hasPrefix(name.app + "."), Token.isValid(name.proc), name.app.utf8.count <= 100 else {
            throw Refused(why: "its proc is not one of its app")
        }
        let path = job.arguments["path"]?.string ?? ""
        if let problem = AgentPlan.problem(with: path, below: root) { throw Refused(why: "its path \(problem)") }
        guard job.arguments["archive"]?.string == name.archive else {
            throw Refused(why: "its archive is not \(name.archive)")
        }
        let rule = try rule(of: job, expires, path)
        if let known = volumes[name] {
            guard known.path == path, !known.rules.contains(where: { $0.mode == rule.mode }) else {
                throw Refused(why: "there is such a job already")
            }
            volumes[name]?.rules.append(rule)
            return
        }
        guard archives.insert(name.archive).inserted else {
            throw Refused(why: "its backups would have the same names as those of another volume")
        }
        let containers = (job.arguments["containers"]?.array ?? []).compactMap(\.string).filter(Token.isValid)
        volumes[name] = DeclaredVolume(
            name: name, path: path, node: nil, containers: Array(containers.prefix(Inventory.mostContainers)),
            rules: [rule], drill: nil)
    }

    private func rule(
        of job: BackupJob, _ expires: [String: TimeSpan], _ path: String
    ) throws(Refused) -> BackupRule {
        guard let mode = VolumeMode(rawValue: job.arguments["mode"]?.string ?? ""), mode != .safety else {
            throw Refused(why: "its mode is neither full nor increment")
        }
        guard !job.spec.isEmpty, job.spec.utf8.count <= 256, !job.spec.utf8.contains(0) else {
            throw Refused(why: "it has no schedule")
        }
        let hooks = ["preRun", "postRun"].map { Hook(legacyLine: job.arguments[$0]?.string ?? "") }
        guard hooks.allSatisfy({ $0?.isUsable ?? true }) else {
            throw Refused(why: "its preRun or postRun has more than \(Hook.mostWords) words or a NUL")
        }
        let expire = expires[path + (mode == .increment ? "@increment" : "")]
        return BackupRule(
            mode: mode, schedule: job.spec, retention: Retention(expire: expire), exclude: [], before: hooks[0],
            after: hooks[1], timeout: RuleDefaults.timeout)
    }
}

extension BackupJob {
    /// The volume that its arguments are about; nil: they name none.
    var volumeName: VolumeName? {
        guard let app = arguments["app"]?.string, let proc = arguments["proc"]?.string,
            let volume = arguments["volume"]?.string, let instance = arguments["instanceNo"]?.wholeNumber,
            (1...VolumeName.largestInstance).contains(instance)
        else { return nil }
        return VolumeName(app: app, proc: proc, instance: Int(instance), volume: volume)
    }
}
