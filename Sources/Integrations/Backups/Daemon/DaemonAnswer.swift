import Crypto
import Foundation
import GoWire
import HTTPTypes
import Hummingbird
import Logging
import MartletCore
import MartletEngine
import MartletHTTP

/// One call of the daemon's API at work.
struct DaemonAnswer {
    let facade: DaemonFacade
    let call: FacadeCall

    private static let largestForm = 32 << 20

    var desk: AgentDesk { facade.desk }
    var control: Control { call.control }
    var volumes: Volumes { Volumes(control: call.control, box: facade.box) }
    var node: LocalNode { LocalNode(volumes) }
    var query: GoQuery { GoQuery(call.request.uri.query) }
    var caller: Volumes.Caller {
        Volumes.Caller(
            trigger: Trigger(source: "backups", caller: call.caller, trace: call.trace),
            rights: call.principal.rights)
    }

    func response(to route: DaemonRoute) async throws -> Response {
        // What is about a whole machine is not for tokens that are bound to some apps.
        guard !call.principal.rights.isRestricted else {
            return .wire(.forbidden, .string("this token is for some apps only, and a daemon's API is about a machine"))
        }
        if route.isOfTheMachine, call.principal.identity != .anonymous, call.principal.rights.role < .admin {
            return .wire(.forbidden, .string("this needs a token with the role admin"))
        }
        switch route {
        case .jobs: return try await jobs()
        case .job(let id): return .wire(.ok, try job(id).job.wire)
        case .takeJobs: return try await takeJobs()
        case .standstill(let isStopped):
            try await node.setStopped(isStopped, by: caller)
            return .wire(.created, "")
        case .once(let id): return try await start(job(id))
        case .action(let id, let word): return try await act(word, job(id))
        case .backups: return try await backups()
        case .backup(let name): return .wire(.ok, try await wire(of: version(name)))
        case .files(let name, let inner): return try await files(name, inner)
        case .delete: return try await delete()
        case .recover(let name, let needsFiles): return try await recover(name, needsFiles: needsFiles)
        case .notifyAddresses: return notifyAddresses()
        case .addNotifyAddress: return try await addNotifyAddress()
        case .removeNotifyAddress: return try await removeNotifyAddress()
        case .state: return .wire(.ok, try await node.state().wire)
        }
    }

    /// The body's form, with the query behind it.
    func form() async throws -> GoQuery {
        guard let bytes = try await call.body(upTo: Self.largestForm) else {
            throw DaemonRefusal.argument("a form has at most \(Self.largestForm) bytes")
        }
        return GoQuery(String(decoding: bytes, as: UTF8.self)).adding(query)
    }

    // MARK: Jobs

    private func jobs() async throws -> Response {
        let filter = JobFilter(query)
        let all = DaemonJobs(desk, facade.box).all.filter { filter.admits($0.job) }
        let times = try await node.times(of: all.compactMap(\.planned))
        var informed = times.makeIterator()
        return .wire(
            .ok,
            .array(
                all.map { entry in
                    let times = entry.planned == nil ? JobTimes() : informed.next() ?? JobTimes()
                    var job = entry.job
                    job.sleeps = times.isAsleep
                    return EntrySpec(previous: GoTime(times.previous), next: GoTime(times.next), job: job).wire
                }))
    }

    private func job(_ id: String) throws(DaemonRefusal) -> DaemonJobs.Entry {
        if let entry = DaemonJobs(desk, facade.box).all.first(where: { $0.job.id == id && !id.isEmpty }) {
            return entry
        }
        throw .argument("this node has no job \(id.prefix(64))")
    }

    /// All of them at once. Those that it cannot follow are kept with the reason.
    private func takeJobs() async throws -> Response {
        let form = try await form()
        guard let text = form["data"] else { throw DaemonRefusal.argument("data is missing: a JSON array of jobs") }
        let jobs = try Self.jobs(text)
        if let plan = desk.plan, plan.jobs == nil, !plan.volumes.isEmpty {
            throw DaemonRefusal.argument("this node follows the plan of its own controller")
        }
        let plan = AgentPlan(jobs: jobs, of: desk.settings, zone: control.schedules.zone)
        let version = Hex.text(Insecure.MD5.hash(data: Array(text.utf8)))
        try await desk.confirm(plan, version: version, control)
        for (index, why) in plan.refused.sorted(by: { $0.key < $1.key }).prefix(100) {
            call.logger.warning("job refused", metadata: ["job": "\(jobs[index].id)", "problem": "\(why)"])
        }
        return .wire(.ok, "OK")
    }

    private static func jobs(_ text: String) throws(DaemonRefusal) -> [BackupJob] {
        guard let value = try? JSONParser.parse(Array(text.utf8)) else { throw .argument("data is no JSON") }
        guard let list = value == .null ? [] : value.array else { throw .argument("data is no array of jobs") }
        guard list.count <= AgentPlan.mostJobs else { throw .argument("data has more than \(AgentPlan.mostJobs) jobs") }
        var jobs: [BackupJob] = []
        for (index, entry) in list.enumerated() {
            do {
                jobs.append(try BackupJob(entry))
            } catch {
                throw .argument("data[\(index)]: \(error.problems.map(\.description).joined(separator: "; "))")
            }
        }
        return jobs
    }

    /// `word`: run, sleep or wakeup, in any case.
    private func act(_ word: String, _ entry: DaemonJobs.Entry) async throws -> Response {
        switch word.lowercased() {
        case "run": return try await start(entry)
        case "sleep":
            try await node.setAsleep(true, rule(of: entry), by: caller)
            return .wire(.created, "")
        case "wakeup":
            try await node.setAsleep(false, rule(of: entry), by: caller)
            return Response(status: .noContent)
        default: throw DaemonRefusal.argument("\(word.prefix(50)) is not one of run, sleep, wakeup")
        }
    }

    private func start(_ entry: DaemonJobs.Entry) async throws -> Response {
        let record = try call.idempotency(["run": .string(entry.job.id)], scope: "backups ")
        return accepted(try await node.start(rule(of: entry), by: caller, record))
    }

    private func rule(of entry: DaemonJobs.Entry) throws(DaemonRefusal) -> PlannedBackup {
        if let planned = entry.planned { return planned }
        throw .argument(entry.job.problem?.message ?? "this job is done by the node itself, minute by minute")
    }

    func accepted(_ id: RecordID) -> Response { .wire(.accepted, .object([("rid", .string(id.description))])) }
}

/// The jobs of an agent, each with its rule: as they were pushed, or, under a plan of a controller of ours, as that
/// controller shows them.
struct DaemonJobs {
    struct Entry {
        var job: BackupJob
        /// Nil for what clears up, and for what cannot be followed.
        var planned: PlannedBackup?
    }

    let all: [Entry]

    init(_ desk: AgentDesk, _ box: BackupBox) {
        let plans = box.inventory.plans(own: desk.settings.node)
        let rules = Dictionary(
            plans.flatMap(\.backups).map { (RuleName($0.volume.name, $0.rule.mode), $0) },
            uniquingKeysWith: { first, _ in first })
        guard let plan = desk.plan, let jobs = plan.jobs else {
            all = plans.flatMap { plan in
                let backups = plan.backups.map { Entry(job: $0.job, planned: $0) }
                return backups + plan.jobs.dropFirst(backups.count).map { Entry(job: $0) }
            }
            return
        }
        all = jobs.enumerated().map { index, pushed in
            var entry = Entry(job: pushed)
            entry.job.state = .active
            if let why = plan.refused[index] {
                entry.job.state = .invalid
                entry.job.problem = BackupJob.Problem(code: "refused", message: why)
            } else if let name = pushed.volumeName,
                let mode = pushed.arguments["mode"]?.string.flatMap(VolumeMode.init),
                var planned = rules[RuleName(name, mode)]
            {
                (entry.job.state, entry.job.problem) = (planned.job.state, planned.job.problem)
                planned.job = entry.job
                entry.planned = planned
            }
            return entry
        }
    }

    /// The job that a rule's runs are of.
    func planned(_ volume: VolumeName, _ mode: VolumeMode) -> PlannedBackup? {
        all.lazy.compactMap(\.planned).first { $0.volume.name == volume && $0.rule.mode == mode }
    }
}
