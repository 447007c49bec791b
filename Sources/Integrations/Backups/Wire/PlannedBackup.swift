import Foundation
import MartletCore

/// A rule of a declared volume as a job.
package struct PlannedBackup: Sendable, Hashable {
    package let volume: DeclaredVolume
    package let rule: BackupRule
    /// `sleeps` and ``BackupJob/State/pending`` are not known here.
    package var job: BackupJob
}

/// The jobs of one node.
package struct NodePlan: Sendable, Hashable {
    /// As the inventory names it; nil: the server's own, which has no name there.
    package let node: String?
    /// 0.0.0.0 when the inventory does not know it.
    package let address: IPv4
    package var backups: [PlannedBackup] = []

    /// Those of the backups, and one for what the rules remove: as long as there are rules.
    package var jobs: [BackupJob] { backups.map(\.job) + (backups.isEmpty ? [] : [expiry]) }

    /// `info`: `[dir, expire, dir, expire, …]`, `@increment` behind the directories of incremental rules.
    private var expiry: BackupJob {
        let info = backups.flatMap { planned -> [JSONValue] in
            guard let expire = planned.rule.retention.expire else { return [] }
            let suffix = planned.rule.mode == .increment ? "@increment" : ""
            return [.string(planned.volume.path + suffix), .string(expire.description)]
        }
        return BackupJob(spec: "* * * * *", action: .expire, arguments: ["info": .array(info)], state: .active)
    }
}

extension Inventory {
    /// One for each node that the inventory names, and for the server's own, `own`; in the order of their addresses.
    package func plans(own: String) -> [NodePlan] {
        var plans: [String: NodePlan] = [:]
        for node in Set(nodes.keys).union([own]) { plans[node] = NodePlan(node: node, address: address(of: node, own)) }
        for volume in volumes {
            let node = volume.node ?? own
            var plan = plans[node] ?? NodePlan(node: node, address: address(of: node, own))
            plan.backups += volume.rules.map { PlannedBackup(volume, $0, at: plan) }
            plans[node] = plan
        }
        return plans.values.sorted { ($0.address.number, $0.node ?? "") < ($1.address.number, $1.node ?? "") }
    }

    private func address(of node: String, _ own: String) -> IPv4 {
        nodes[node].flatMap(IPv4.init) ?? (node == own ? .loopback : .unknown)
    }
}

extension PlannedBackup {
    fileprivate init(_ volume: DeclaredVolume, _ rule: BackupRule, at node: NodePlan) {
        let arguments = Self.arguments(volume, rule)
        let spec = rule.schedule ?? ""
        let id = JobID(node: node.address, spec: spec, action: .backup, arguments: arguments)
        var problem = rule.scheduleProblem(seed: RuleSchedules.name(of: volume.name, rule.mode))
        if node.address == .unknown {
            problem = BackupJob.Problem(
                code: "node_unknown", message: "the inventory has no address of the node \(node.node ?? "")")
        }
        self.volume = volume
        self.rule = rule
        job = BackupJob(
            id: id.description, spec: spec, action: .backup, arguments: arguments,
            state: problem != nil ? .invalid : rule.schedule == nil ? .manual : .active, problem: problem)
    }

    private static func arguments(_ volume: DeclaredVolume, _ rule: BackupRule) -> [String: JSONValue] {
        let name = volume.name
        return [
            "app": .string(name.app), "proc": .string(name.proc), "volume": .string(name.volume),
            "mode": .string(rule.mode.rawValue), "instanceNo": .int(Int64(name.instance)),
            "containers": .array(volume.containers.map { .string($0) }),
            "preRun": .string(rule.before?.line ?? ""), "postRun": .string(rule.after?.line ?? ""),
            "path": .string(volume.path), "archive": .string(name.archive),
        ]
    }
}

extension Hook {
    var line: String { command.joined(separator: " ") }
}

extension BackupRule {
    /// Why it never fires; nil: it does, or has no schedule.
    func scheduleProblem(seed: String) -> BackupJob.Problem? {
        guard let schedule else { return nil }
        do throws(MartletError) {
            let times = try Timetable(
                .cron(schedule), zone: .current, clock: .once, days: nil, anchor: .distantPast, seed: seed)
            guard let gap = times.shortestGap, gap < RuleSchedules.shortestGap, !isFrequent else { return nil }
            return BackupJob.Problem(
                code: "too_frequent",
                message:
                    "it would run every \(gap); at least \(RuleSchedules.shortestGap) lie between backups, or say frequent: true"
            )
        } catch {
            let message = error.problems.map(\.problem).joined(separator: "; ")
            return BackupJob.Problem(code: "bad_schedule", message: message.isEmpty ? error.message : message)
        }
    }
}
