import Foundation
package import Logging
package import MartletCore
package import MartletEngine

/// Keeps the stored schedules equal to the rules of the inventory: backups of volumes on this machine, and all drills. Who pauses one, or
/// lets it run out of turn, does that by the schedule's name.
package struct RuleSchedules: Sendable {
    /// As the stored schedules say who keeps them.
    package static let source = "inventory"
    /// Rules that are due more often must say that they mean it.
    static let shortestGap = TimeSpan.seconds(300)
    private static let pause = Duration.seconds(30)

    let control: Control
    let box: BackupBox
    let logger: Logger

    package init(control: Control, box: BackupBox, logger: Logger) {
        self.control = control
        self.box = box
        self.logger = logger
    }

    /// Until it is cancelled. What could not be stored is tried again.
    package func run() async throws {
        let changes = box.changes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.pause)
                    if box.owesSchedules { box.tellChange() }
                }
            }
            for await _ in changes { box.owesSchedules = try await !isApplied() }
            group.cancelAll()
        }
    }

    private func isApplied() async throws -> Bool {
        do {
            return try await apply()
        } catch {
            try Task.checkCancellation()
            logger.error("schedules of backups not stored", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// False: some of them are worth another try.
    package func apply() async throws -> Bool {
        guard let inventory = box.known else { return true }
        let node = box.settings.node
        var wanted: [String: () throws -> Schedule] = [:]
        for volume in inventory.volumes {
            // Agents start the backups of other machines; drills need the repository alone.
            let isOwn = volume.node == nil || volume.node == node
            for rule in volume.rules where rule.schedule != nil && isOwn {
                wanted[Self.name(of: volume.name, rule.mode)] = { try schedule(of: volume, rule) }
            }
            if let cron = volume.drill {
                wanted[Self.drillName(of: volume.name)] = { try drillSchedule(of: volume, cron) }
            }
        }
        let stored = try await stored()
        for name in stored.keys where wanted[name] == nil {
            try await control.deleteSchedule(name, rights: .all)
        }
        var problems: [String: String] = [:]
        var isWhole = true
        for (name, make) in wanted {
            do {
                var schedule = try make()
                schedule.isPaused = try stored[name]?.isPaused ?? holdsNew(name)
                if stored[name] == schedule { continue }
                if stored[name] == nil, try await control.store.schedule(name) != nil {
                    throw MartletError(.invalid, "there is a schedule \(name) of somebody's own; give it another name")
                }
                _ = try await control.putSchedule(schedule, source: Self.source, rights: .all)
            } catch let error as MartletError {
                problems[name] =
                    error.problems.isEmpty ? error.message : error.problems.map(\.description).joined(separator: "; ")
                if error.code != .invalid { isWhole = false }
                guard box.problem(ofSchedule: name) != problems[name] else { continue }
                // A drill needs a first version.
                logger.log(
                    level: error.code == .notFound ? .notice : .error, "it does not start by itself",
                    metadata: ["schedule": "\(name)", "error": "\(error)"])
            }
        }
        box.replace(problems: problems)
        return isWhole
    }

    /// On a machine that was told to stop nothing new starts, either, until it is told to go on.
    private func holdsNew(_ name: String) throws(MartletError) -> Bool {
        let standstill = Standstill(dataDirectory: box.settings.dataDirectory)
        guard let held = try standstill.held() else { return false }
        try standstill.hold(held.union([name]))
        return true
    }

    private func stored() async throws -> [String: Schedule] {
        var (found, last) = ([String: Schedule](), String?.none)
        while true {
            let page = try await control.store.schedules(after: last, limit: 500)
            for stored in page where stored.source == Self.source { found[stored.schedule.name] = stored.schedule }
            guard page.count == 500, let next = page.last else { return found }
            last = next.schedule.name
        }
    }

    // MARK: Definitions

    /// Of the schedule that starts a rule's backups.
    package static func name(of volume: VolumeName, _ mode: VolumeMode) -> String { "\(mode.rawValue).\(word(volume))" }
    package static func drillName(of volume: VolumeName) -> String { "drill.\(word(volume))" }

    /// The archive where it can stand in a name; otherwise its beginning, and a number that belongs to all of it.
    private static func word(_ volume: VolumeName) -> String {
        let archive = volume.archive
        if Token.isValid(archive), archive.utf8.count <= 100 { return archive }
        let plain = archive.unicodeScalars.prefix(60).map { $0.isASCII && Token.isValid("a\($0)") ? String($0) : "_" }
        let sum = volume.description.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return plain.joined() + "-" + String(sum, radix: 16)
    }

    private func schedule(of volume: DeclaredVolume, _ rule: BackupRule) throws(MartletError) -> Schedule {
        var schedule = try schedule(
            Self.name(of: volume.name, rule.mode), volume, cron: rule.schedule ?? "",
            ["backup": .string(volume.name.archive), "mode": .string(rule.mode.rawValue)])
        // The mode is of the run; the schedule is of the volume.
        schedule.labels[VolumeLabel.mode] = rule.mode.rawValue
        schedule.grace = rule.timeout
        if let problem = rule.scheduleProblem(seed: schedule.name) {
            throw MartletError(
                .invalid, "the rule does not start by itself",
                problems: [FieldProblem(field: "schedule", problem: problem.message)])
        }
        return schedule
    }

    private func drillSchedule(of volume: DeclaredVolume, _ cron: String) throws(MartletError) -> Schedule {
        var schedule = try schedule(
            Self.drillName(of: volume.name), volume, cron: cron, ["drill": .string(volume.name.archive)])
        schedule.grace = .seconds(86_400)
        return schedule
    }

    private func schedule(
        _ name: String, _ volume: DeclaredVolume, cron: String, _ work: [String: JSONValue]
    ) throws(MartletError) -> Schedule {
        let schedule = Schedule(
            name: name, description: "of the inventory, for \(volume.name)",
            work: .integration("volumes", request: .object(work)), cadence: .cron(cron), jitter: box.jitter,
            zone: box.inventory.zone ?? control.schedules.zone,
            overlap: .latest, labels: VolumeJobs.labels(volume.name))
        _ = try control.schedules.timetable(of: schedule, anchor: control.now())
        return schedule
    }
}
