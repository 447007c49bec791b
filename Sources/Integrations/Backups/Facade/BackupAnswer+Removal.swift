import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

// Removal of backups.
extension BackupAnswer {
    /// How long the caller is kept waiting for what was asked for to be gone.
    private static let patience = TimeSpan.seconds(60)

    /// All of them or none. 204 once they are gone from the store, too; 202 with the record when that takes longer.
    func delete(_ proc: KnownProc) async throws -> Response {
        let names = try await form().all("files")
        guard names.count <= Volumes.mostPaths else {
            throw BackupRefusal.invalid("files", "are more than \(Volumes.mostPaths)")
        }
        let versions = try await versions(names, of: proc)
        guard !versions.isEmpty else { return Response(status: .noContent) }
        do {
            let accepted = try await volumes.remove(versions, by: caller)
            guard let id = accepted.ids.first else { throw MartletError(.internal, "a run has no id") }
            let run = try await call.control.wait(for: id, upTo: Self.patience)
            switch run.state {
            case .succeeded: return Response(status: .noContent)
            case .failed, .cancelled, .lost:
                throw BackupRefusal(
                    .serviceUnavailable, "not_removed", run.reason.sentence(.en).text,
                    [("rid", .string(RecordID(id).description))])
            case .pending, .running, .stopping, .paused:
                return .wire(.accepted, .string(RecordID(id).description))
            }
        } catch let error as MartletError where error.code == .conflict {
            throw try await busy(error, VolumeJobs.key(repositoryOf: proc.app))
        }
    }

    /// What is gone already is let be. The bare name of an archive means all its increments.
    private func versions(_ names: [String], of proc: KnownProc) async throws -> [VolumeVersion] {
        var (found, bad): ([VolumeVersion], [(name: String, refusal: BackupRefusal)]) = ([], [])
        for name in names {
            do throws(BackupRefusal) {
                try Self.check(name)
            } catch {
                bad.append((name, error))
                continue
            }
            if let view = proc.views.first(where: { $0.name.archive == name }) {
                found += try await volumes.all(of: view.name).filter { $0.mode == .increment }
            } else if let version = try await call.control.store.volumeVersion(named: name) {
                if proc.views.contains(where: { $0.name == version.volume }) {
                    found.append(version)
                } else {
                    bad.append((name, .noBackup(name, of: proc.name)))
                }
            } else if !proc.mayHaveHad(name) {
                bad.append((name, .noBackup(name, of: proc.name)))
            }
        }
        guard let first = bad.first else { return found }
        if names.count == 1 { throw first.refusal }
        throw BackupRefusal(
            .badRequest, first.refusal.code, "nothing was removed: \(first.refusal.message)",
            [("files", .array(bad.map { .string(String($0.name.prefix(200))) }))])
    }

    /// A name is one word.
    private static func check(_ name: String) throws(BackupRefusal) {
        let problem =
            PathPattern.problem(name) ?? (name.contains("/") ? "must be the name of a backup, without /" : nil)
            ?? (name.isEmpty ? "is empty" : nil) ?? (name.utf8.count > 1024 ? "is too long" : nil)
        if let problem { throw .badPath(name, problem) }
    }
}

extension KnownProc {
    /// Whether it is the name of a version that one of its volumes could have had.
    fileprivate func mayHaveHad(_ name: String) -> Bool {
        let start = "\(app)-\(self.name)-"
        guard name.hasPrefix(start) else { return false }
        let rest = name.dropFirst(start.count)
        let number = rest.prefix { $0.isASCII && $0.isNumber }
        let end =
            rest.hasSuffix(".tar.gz") ? rest.dropLast(7).split(separator: "-").last : rest.split(separator: "@").last
        return !number.isEmpty && rest.dropFirst(number.count).hasPrefix("-") && Int64(end ?? "") != nil
    }
}
