import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

// The catalogue of the node, and what is done with it.
extension DaemonAnswer {
    /// How long the caller of a removal waits for it.
    private static let patience = TimeSpan.seconds(60)

    /// Under a controller's plan the catalogue is that controller's.
    private func needCatalogue() throws(DaemonRefusal) {
        guard facade.box.inventory.ownsCatalogue else {
            throw .work("the backups of this node are in the catalogue of its controller")
        }
    }

    /// Of the volumes with these paths, or of all; oldest first.
    func backups() async throws -> Response {
        try needCatalogue()
        let wanted = Set(query.all("dir").map(PathPattern.normal))
        var found: [WireValue] = []
        for view in try await volumes.volumes(.all) {
            if !wanted.isEmpty {
                guard let path = view.declared?.path, wanted.contains(PathPattern.normal(path)) else { continue }
            }
            for version in try await volumes.all(of: view.name).reversed() where version.mode != .safety {
                found.append(wire(of: version))
            }
        }
        return .wire(.ok, found.isEmpty && !wanted.isEmpty ? .null : .array(found))
    }

    /// `{mode, source, volume, name, server, size, created, containers, instanceNo}`.
    func wire(of version: VolumeVersion) -> WireValue {
        let declared = facade.box.inventory[version.volume]
        return .object([
            ("mode", .string(version.mode.rawValue)), ("source", .string(declared?.path ?? "")),
            ("volume", .string(version.volume.volume)), ("name", .string(version.name)),
            ("server", .string(version.content.node)), ("size", .int(version.content.bytes)),
            ("created", .string(GoTime(version.createdAt).text())),
            ("containers", .array((declared?.containers ?? []).map { .string($0) })),
            ("instanceNo", .int(Int64(version.volume.instance))),
        ])
    }

    /// By its name, or by the archive's: that one means the newest increment.
    func version(_ name: String) async throws -> VolumeVersion {
        try needCatalogue()
        if let view = try await volumes.volumes(.all).first(where: { $0.name.archive == name }) {
            if let newest = try await volumes.all(of: view.name).first(where: { $0.mode == .increment }) {
                return newest
            }
        } else if name.utf8.count <= 1024, let version = try await control.store.volumeVersion(named: name) {
            return version
        }
        throw DaemonRefusal.work("this node has no backup \(name.prefix(200))")
    }

    func files(_ name: String, _ inner: String) async throws -> Response {
        let version = try await version(name)
        var (items, next): ([WireValue], Int64?) = ([], nil)
        repeat {
            let page = try await volumes.list(version, path: inner, from: next, limit: 1000, by: caller)
            items += page.items.map { FileEntry($0).wire }
            next = page.next
        } while next != nil
        return .wire(.ok, .array(items))
    }

    /// 204 once they are gone, all of them or none.
    func delete() async throws -> Response {
        let names = try await form().all("files")
        guard names.count <= Volumes.mostRemoved else {
            throw DaemonRefusal.work("files are more than \(Volumes.mostRemoved)")
        }
        var versions: [VolumeVersion] = []
        for name in names { versions.append(try await version(name)) }
        guard let app = versions.first?.volume.app else { return Response(status: .noContent) }
        guard versions.allSatisfy({ $0.volume.app == app }) else {
            throw DaemonRefusal.work("nothing was removed: the files are of several apps")
        }
        guard let id = try await volumes.remove(versions, by: caller).ids.first else {
            throw MartletError(.internal, "a run has no id")
        }
        let run = try await control.wait(for: id, upTo: Self.patience)
        guard run.state == .succeeded else {
            throw DaemonRefusal.work(
                run.state.isEnd ? run.reason.sentence(.en).text : "it takes longer: run \(RecordID(id)) goes on")
        }
        return Response(status: .noContent)
    }

    /// `destDir`: the path of a volume of the plan, of the same app.
    func recover(_ name: String, needsFiles: Bool) async throws -> Response {
        let form = try await form()
        let version = try await version(name)
        if let namespace = form["namespace"], namespace != version.content.node, namespace != desk.settings.node {
            throw DaemonRefusal.work("the backups of \(namespace.prefix(100)) are not in this node's catalogue")
        }
        let place = PathPattern.normal(form["destDir"] ?? "")
        let target = facade.box.inventory.volumes.first {
            PathPattern.normal($0.path) == place && $0.name.app == version.volume.app
        }
        guard let target else {
            throw DaemonRefusal.work("destDir is no volume of \(version.volume.app) on this node")
        }
        if let app = form["app"], app != target.name.app {
            throw DaemonRefusal.work("the backup is not of \(app.prefix(100))")
        }
        if let proc = form["proc"], proc != target.name.proc {
            throw DaemonRefusal.work("destDir is no volume of \(proc.prefix(200))")
        }
        var wish = Volumes.RestoreWish()
        wish.paths = try paths(form, needsFiles)
        let accepted = try await volumes.restore(
            version.content.snapshot, named: version.name, madeOn: version.content.node, to: target, wish, by: caller,
            call.idempotency(["recover": .string(version.name), "to": .string(place)], scope: "backups "))
        return self.accepted(try RecordID(accepted))
    }

    /// Which files come back; nil: all of them.
    private func paths(_ form: GoQuery, _ needsFiles: Bool) throws(DaemonRefusal) -> [String]? {
        guard needsFiles else { return nil }
        let files = form.all("files")
        if files.isEmpty { throw .work("files is missing: files=… for each, or files=* for all") }
        for file in files where file != "*" {
            let problem =
                PathPattern.problem(file) ?? (file.hasPrefix("/") ? "must not be absolute" : nil)
                ?? (file.isEmpty ? "is empty" : nil)
            if let problem { throw .work("files: \(file.prefix(200)) \(problem)") }
        }
        return files.contains("*") ? nil : files
    }
}
