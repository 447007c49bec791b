import Foundation
package import MartletCore
package import MartletEngine

/// The door of this integration: every facade, route and scheduler that has to do with volumes calls it. Names and paths
/// come from outside and are checked here.
package struct Volumes: Sendable {
    package let control: Control
    let box: BackupBox
    /// Nil: there are no other machines.
    let nodes: NodeDesk?

    package init(control: Control, box: BackupBox, nodes: NodeDesk? = nil) {
        self.control = control
        self.box = box
        self.nodes = nodes
    }

    /// Who asks.
    package struct Caller: Sendable {
        package let trigger: Trigger
        package let rights: Rights
        package init(trigger: Trigger, rights: Rights) {
            self.trigger = trigger
            self.rights = rights
        }
    }

    /// What is known of one volume: from the inventory, from the catalogue, or from both.
    package struct View: Sendable, Hashable {
        package let name: VolumeName
        /// Nil: the inventory does not have it any more; its versions stay.
        package let declared: DeclaredVolume?
        package let record: VolumeRecord?
        package let drill: VolumeProof?
        /// Why rules do not start by themselves.
        package let problems: [VolumeMode: String]
    }

    var jobs: VolumeJobs { VolumeJobs(settings: box.settings) }

    /// By name; of one app, or of all. A token that is bound to labels or jobs sees what it covers.
    package func volumes(of app: String? = nil, _ rights: Rights) async throws -> [View] {
        let records = Dictionary(
            try await control.store.volumeRecords(of: app).map { ($0.volume, $0) },
            uniquingKeysWith: { first, _ in first })
        let drills = try await control.store.volumeProofs(of: app).drills
        let declared = Dictionary(
            box.inventory.volumes.filter { app == nil || $0.name.app == app }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first })
        return Set(records.keys).union(declared.keys).filter { covers($0, rights) }
            .sorted { $0.description < $1.description }
            .map { name in
                View(
                    name: name, declared: declared[name], record: records[name], drill: drills[name],
                    problems: problems(of: declared[name]))
            }
    }

    private func problems(of volume: DeclaredVolume?) -> [VolumeMode: String] {
        guard let volume else { return [:] }
        let all = volume.rules.compactMap { rule in
            box.problem(ofSchedule: RuleSchedules.name(of: volume.name, rule.mode)).map { (rule.mode, $0) }
        }
        return Dictionary(all) { first, _ in first }
    }

    /// `archive`: its one-word name. Throws `notFound`.
    package func volume(_ archive: String, _ rights: Rights) async throws -> View {
        let views = try await volumes(rights).filter { $0.name.archive == archive }
        if let view = views.first(where: { $0.declared != nil }) ?? views.first { return view }
        throw MartletError(.notFound, "there is no volume \(archive.prefix(200)); GET /api/volumes lists them")
    }

    func covers(_ volume: VolumeName, _ rights: Rights) -> Bool {
        rights.covers(job: "volumes.backup", labels: VolumeJobs.labels(volume))
    }

    // MARK: Versions

    package func versions(of volume: VolumeName, limit: Int = 100, before: Int64? = nil) async throws -> Page<
        VolumeVersion
    > {
        var query = VolumeQuery(volume: volume)
        (query.limit, query.before) = (min(limit, 999) + 1, before)
        let found = try await control.store.volumeVersions(query)
        return Page(items: Array(found.prefix(limit)), hasMore: found.count > limit)
    }

    /// `word`: a number, a name, `latest`, or the bare archive, which means its newest increment. A version of another
    /// volume is not there.
    package func version(_ word: String, of volume: VolumeName) async throws -> VolumeVersion {
        let found: VolumeVersion?
        if let number = Int64(word) {
            found = try await control.store.volumeVersion(number)
        } else if word == "latest" || word == volume.archive {
            let isAlias = word != "latest"
            found = try await newest(of: volume) { isAlias ? $0 == .increment : $0 != .safety }
        } else {
            found = word.utf8.count <= 1024 ? try await control.store.volumeVersion(named: word) : nil
        }
        if let found, found.volume == volume { return found }
        throw MartletError(.notFound, "\(volume.archive) has no version \(word.prefix(200))")
    }

    private func newest(of volume: VolumeName, _ isWanted: (VolumeMode) -> Bool) async throws -> VolumeVersion? {
        var query = VolumeQuery(volume: volume)
        while true {
            let page = try await control.store.volumeVersions(query)
            if let found = page.first(where: { isWanted($0.mode) }) { return found }
            guard page.count == query.limit, let last = page.last else { return nil }
            query.before = last.number
        }
    }

    /// Newest first.
    func all(of volume: VolumeName) async throws -> [VolumeVersion] { try await all(VolumeQuery(volume: volume)) }

    /// Every page of what is asked for.
    func all(_ query: VolumeQuery) async throws -> [VolumeVersion] {
        var query = query
        query.limit = 1000
        var found: [VolumeVersion] = []
        while true {
            let page = try await control.store.volumeVersions(query)
            found += page
            guard page.count == query.limit, let last = page.last else { return found }
            query.before = last.number
        }
    }

    // MARK: Backup

    /// What a run consists of, and what it holds while it is not over.
    struct Work: Sendable {
        let job: Job
        let key: String
    }

    /// Throws as ``backup`` does.
    func backupWork(of volume: VolumeName, mode: VolumeMode? = nil) async throws -> Work {
        let declared = try here(try self.declared(volume))
        let rule = try rule(mode, of: declared)
        try await makePassword(volume.app)
        let isFirst = try await isFirst(volume.app)
        return Work(job: jobs.backup(declared, rule, isFirst: isFirst), key: VolumeJobs.key(volume))
    }

    /// Whether no version of the app is known.
    func isFirst(_ app: String) async throws -> Bool {
        var query = VolumeQuery(app: app)
        query.limit = 1
        return try await control.store.volumeVersions(query).isEmpty && !box.inventory.begun.contains(app)
    }

    /// Throws `invalid` when the volume has no such rule.
    func rule(_ mode: VolumeMode?, of volume: DeclaredVolume) throws(MartletError) -> BackupRule {
        if let rule = volume.rule(mode) { return rule }
        throw MartletError(
            .invalid, "the backup is not valid",
            problems: [
                FieldProblem(
                    field: "mode",
                    problem: "the inventory has no such rule; there are: "
                        + volume.rules.map(\.mode.rawValue).joined(separator: ", "))
            ])
    }

    /// `mode`: nil for the volume's first rule. Throws `conflict` naming the run that works on the volume.
    package func backup(
        _ volume: View, mode: VolumeMode? = nil, by caller: Caller, idempotency: IdempotencyRecord? = nil
    ) async throws -> Control.Accepted {
        try await submit(backupWork(of: volume.name, mode: mode), by: caller, idempotency)
    }

    func submit(
        _ work: Work, by caller: Caller, _ idempotency: IdempotencyRecord? = nil
    ) async throws -> Control.Accepted {
        try await submit(work.job, key: work.key, by: caller, idempotency)
    }

    func submit(
        _ job: Job, key: String?, by caller: Caller, _ idempotency: IdempotencyRecord? = nil
    ) async throws -> Control.Accepted {
        try await control.submit(
            Submission(work: .inline(job), key: key, trigger: caller.trigger, rights: caller.rights),
            idempotency: idempotency)
    }

    /// Throws `notFound` for what the inventory does not have.
    func declared(_ name: VolumeName) throws(MartletError) -> DeclaredVolume {
        if let volume = box.inventory[name] { return volume }
        throw MartletError(.notFound, "the inventory has no volume \(name)")
    }

    /// Throws `unavailable` for a volume of another machine.
    func here(_ volume: DeclaredVolume) throws(MartletError) -> DeclaredVolume {
        let node = box.settings.node
        guard let other = volume.node, other != node else { return volume }
        throw MartletError(.unavailable, "\(volume.name) is on the node \(other), and this server is \(node)")
    }

    /// Of an app's repository; made when there is none yet. Throws `conflict` when it is gone.
    func password(of app: String) async throws -> Secret {
        try await makePassword(app)
        return try await control.secretValue(BackupSettings.secret(of: app))
    }

    /// The repository's password is made before its first use and kept as a stored secret. It is never made anew where
    /// there is a repository already: it would not open it.
    func makePassword(_ app: String) async throws {
        let name = BackupSettings.secret(of: app)
        guard try await !control.missingSecrets(among: [name]).isEmpty else { return }
        var query = VolumeQuery(app: app)
        query.limit = 1
        let isThere = Place.facts(box.settings.repository(of: app) + "/config") != nil
        guard try await control.store.volumeVersions(query).isEmpty, !isThere else {
            throw MartletError(
                .conflict,
                "the password of the repository of \(app) is gone; store it again: martlet secret set \(name)")
        }
        var generator = SystemRandomNumberGenerator()
        let password = (0..<4).map { _ in
            let text = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        do {
            // Made by the server, not by whoever happened to ask first.
            try await AuditScope.$current.withValue(nil) {
                _ = try await control.putSecret(
                    name, NewSecret(value: Secret(password), description: "password of the repository of \(app)"),
                    by: "server", ifVersion: 0)
            }
        } catch let error as MartletError where error.code == .conflict || error.code == .stale {
            // Somebody else made it at the same time.
            return
        }
    }
}
