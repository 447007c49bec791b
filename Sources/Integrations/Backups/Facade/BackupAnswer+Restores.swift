import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

// What changes volumes.
extension BackupAnswer {
    func recover(_ name: String, of proc: KnownProc, needsFiles: Bool) async throws -> Response {
        let form = try await form()
        let version = try await backup(name, of: proc)
        try checkSource(version, form)
        var wish = Volumes.RestoreWish()
        wish.paths = try paths(form, needsFiles)
        return try await restore(version, wish, form)
    }

    /// To another volume of the proc, of this or another instance.
    func migrate(_ name: String, of proc: KnownProc, needsFiles: Bool) async throws -> Response {
        let form = try await form()
        guard let text = form["to"] else { throw BackupRefusal.invalid("to", "is missing: the number of an instance") }
        guard let to = Int(text), to > 0 else { throw BackupRefusal.invalid("to", "must be the number of an instance") }
        guard let volume = form["volume"] else {
            throw BackupRefusal.invalid("volume", "is missing: a volume as the app declares it")
        }
        let version = try await backup(name, of: proc)
        try checkSource(version, form)
        let instances = proc.views.filter { $0.declared != nil && $0.name.instance == to }
        guard !instances.isEmpty else {
            throw BackupRefusal(.notFound, "instance_not_found", "\(proc.name) has no instance \(to)")
        }
        let target = instances.first { PathPattern.normal($0.name.volume) == PathPattern.normal(volume) }
        guard let target else {
            throw BackupRefusal(
                .forbidden, "volume_not_declared", "\(proc.name) does not declare the volume \(volume.prefix(200))")
        }
        var wish = Volumes.RestoreWish()
        wish.paths = try paths(form, needsFiles)
        (wish.instance, wish.volume) = (to, target.name.volume)
        return try await restore(version, wish, form)
    }

    /// Which files come back; nil: all of them.
    private func paths(_ form: GoQuery, _ needsFiles: Bool) throws(BackupRefusal) -> [String]? {
        let files = form.all("files")
        if files.isEmpty {
            if !needsFiles { return nil }
            throw BackupRefusal(
                .badRequest, "files_required", "say which files of the backup come back: files=…, or files=* for all")
        }
        guard files.count <= Volumes.mostPaths else {
            throw .invalid("files", "are more than \(Volumes.mostPaths)")
        }
        for file in files where file != "*" {
            let problem =
                PathPattern.problem(file) ?? (file.hasPrefix("/") ? "must not be absolute" : nil)
                ?? (file.isEmpty ? "is empty" : nil)
            if let problem { throw .badPath(file, problem) }
        }
        return files.contains("*") ? nil : files
    }

    /// `from`, and `instanceNo` of version 1, name the instance that the backup is of.
    private func checkSource(_ version: VolumeVersion, _ form: GoQuery) throws(BackupRefusal) {
        for field in ["from", "instanceNo"] {
            guard let text = form[field] else { continue }
            guard let number = Int(text), number > 0 else { throw .invalid(field, "must be the number of an instance") }
            guard number != version.volume.instance else { continue }
            throw BackupRefusal(
                .badRequest, "instance_mismatch",
                "\(field) is \(number), and the backup \(version.name) is of instance \(version.volume.instance)",
                [("backup", .string(version.name)), (field, .int(Int64(number)))])
        }
    }

    private func restore(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, _ form: GoQuery
    ) async throws -> Response {
        do {
            if ["true", "1"].contains(form["dryRun"]) {
                let found = try await fleet.preview(version, wish, by: caller)
                return .wire(.ok, .json(.object(found)))
            }
            let record = try call.idempotency(
                [
                    "version": .string(version.name), "files": .array((wish.paths ?? []).map { .string($0) }),
                    "to": .int(Int64(wish.instance ?? 0)), "volume": .string(wish.volume ?? ""),
                ], scope: "backups ")
            return .record(try await fleet.restore(version, wish, by: caller, record))
        } catch let error as MartletError where error.code == .invalid {
            // Links of the volume are looked at where it is.
            guard error.problems.contains(where: { $0.field.hasPrefix("paths") }) else { throw error }
            let problem = error.problems.map(\.problem).joined(separator: "; ")
            throw BackupRefusal.badPath(wish.paths?.joined(separator: ", ") ?? "", problem)
        } catch let error as MartletError where error.code == .conflict {
            throw try await busy(error, VolumeJobs.key(try volumes.target(of: version, wish, rights).name))
        }
    }

    /// With the record of the run that is in the way.
    func busy(_ error: MartletError, _ key: String) async throws -> BackupRefusal {
        var query = RunQuery()
        (query.key, query.limit) = (key, 10)
        query.states = RunState.allCases.filter { !$0.isEnd }
        let own = try await call.control.runs(query).items.first?.run.id
        // An agent names its own in the sentence.
        let holder = own ?? error.message.split(separator: " ").lazy.compactMap { RunID(String($0)) }.first
        let details = holder.map { [("rid", WireValue.string(RecordID($0).description))] } ?? []
        return BackupRefusal(.conflict, "busy", error.message, details)
    }
}
