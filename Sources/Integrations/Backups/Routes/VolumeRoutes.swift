import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP
import NIOCore

/// The native API of volumes. What changes data starts a run, and answers as every start of a run does.
struct VolumeRoutes: Sendable {
    let box: BackupBox
    let nodes: NodeDesk?
    let downloads: Downloads

    var routes: [Route] {
        let one = "/api/volumes/{volume}"
        let version = one + "/versions/{version}"
        return [
            Route(
                .get, "/api/volumes", "List the volumes, their newest backup and their last proof",
                access: .covered(.read), .listVolumes, list),
            Route(.get, one, "Show a volume", access: .covered(.read), .showVolume, show),
            Route(.post, one + "/backup", "Start a backup", access: .covered(.run), .backUpVolume, backup),
            Route(
                .get, one + "/versions", "List the versions of a volume, newest first", access: .covered(.read),
                .listVersions, versions),
            Route(.get, version, "Show a version", access: .covered(.read), .showVersion, showVersion),
            Route(
                .get, version + "/files", "List a directory of a version", access: .covered(.read), .listVersionFiles,
                files),
            Route(
                .get, version + "/archive", "Download a version as tar.gz", access: .covered(.read), isAudited: true,
                .downloadVersion, archive),
            Route(
                .post, version + "/restore", "Start a restore, or try one without writing", access: .covered(.run),
                .restoreVersion, restore),
            Route(
                .delete, version, "Start the removal of a version", access: .covered(.admin), .deleteVersion, delete),
            Route(
                .post, one + "/expire", "Show what the rules would remove, or start removing it",
                access: .covered(.admin), .expireVersions, expire),
            Route(
                .post, one + "/check", "Start a check of the repository of the volume's app", access: .covered(.run),
                .checkVolume, check),
            Route(
                .post, one + "/adopt", "Start taking versions into the catalogue that only the repository knows",
                access: .covered(.admin), .adoptVersions, adopt),
            Route(
                .post, one + "/import", "Start making a version of a tar archive on the server's machine",
                access: .covered(.admin), .importVersion, importArchive),
            Route(
                .post, one + "/drill", "Start a restore drill: the proof that a version can be restored",
                access: .covered(.run), .drillVolume, drill),
        ]
    }

    private func volumes(_ call: Call) -> Volumes { Volumes(control: call.control, box: box, nodes: nodes) }

    private func volume(_ call: Call) async throws -> Volumes.View {
        try await volumes(call).volume(call.parameter("volume"), call.principal.rights)
    }

    private func version(_ call: Call) async throws -> VolumeVersion {
        try await volumes(call).version(call.parameter("version"), of: try await volume(call).name)
    }

    // MARK: Reading

    @Sendable private func list(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let views = try await volumes(call).volumes(call.principal.rights)
        // Whose these are is not known: those who see everything see them.
        let isForAll = call.principal.rights.covers(job: nil, labels: [:])
        let refused = isForAll ? box.inventory.refused : []
        return .json { json in
            json.array("items", views) { json, view in json.object { $0.members(of: view) } }
            json.array("refused", refused) { json, refusal in
                json.object { json in
                    json.field("entry", refusal.entry)
                    json.field("problem", refusal.problem)
                }
            }
        }
    }

    @Sendable private func show(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let view = try await volume(call)
        return .json { $0.members(of: view) }
    }

    @Sendable private func versions(_ call: Call) async throws -> Response {
        let query = try VolumePage(call)
        let page = try await volumes(call).versions(
            of: try await volume(call).name, limit: query.limit, before: query.position)
        let next = page.hasMore ? page.items.last.map { VolumePage.cursor($0.number) } : nil
        return .json { json in
            json.array("items", page.items) { json, version in json.object { $0.members(of: version) } }
            json.field("next", next)
        }
    }

    @Sendable private func showVersion(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let version = try await version(call)
        return .json { $0.members(of: version) }
    }

    @Sendable private func files(_ call: Call) async throws -> Response {
        let query = try VolumePage(call, takesPath: true)
        let version = try await version(call)
        let listing = try await volumes(call).list(
            version, path: query.path, from: query.position, limit: query.limit, by: call.asker)
        return .json { json in
            json.field("path", PathPattern.normal(query.path))
            json.array("items", listing.items) { $0.value($1) }
            json.field("next", listing.next.map(VolumePage.cursor))
        }
    }

    @Sendable private func archive(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let version = try await version(call)
        let name = version.name.hasSuffix(".tar.gz") ? version.name : version.name + ".tar.gz"
        let headers: HTTPFields = [
            .contentType: "application/gzip", .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"\(name.filter { $0.isASCII && $0 != "\"" })\"",
        ]
        if call.request.method == .head { return Response(status: .ok, headers: headers) }
        let download = try await downloads.begin(version, volumes(call))
        return try await download.response(to: call.request, headers, call.watch)
    }

    // MARK: Runs

    @Sendable private func backup(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let body = try await call.optionalJSON()
        let mode: VolumeMode? = try Self.read(body) { fields in
            guard let mode: VolumeMode = fields.choice("mode") else { return nil }
            if mode == .safety { fields.problem("mode", "expected one of full, increment") }
            return mode
        }
        let volume = try await volume(call)
        return try await call.answer(
            try await volumes(call).startBackup(
                volume.name, mode: mode, by: call.asker,
                idempotency: call.idempotency(body ?? [:], of: "backup", volume)), nodes)
    }

    @Sendable private func restore(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let body = try await call.optionalJSON()
        let wish = try Self.read(body) { fields in
            var wish = Volumes.RestoreWish()
            wish.paths = fields.strings("paths", maxCount: Volumes.mostPaths)
            if var target = fields.object("to") {
                wish.instance = target.int("instance", in: 1...VolumeName.largestInstance)
                wish.volume = target.string("volume")
                target.finish()
            }
            wish.dryRun = fields.bool("dryRun") ?? false
            wish.keepState = fields.bool("keepState") ?? true
            return wish
        }
        let version = try await version(call)
        let record = try call.idempotency(["of": .int(version.number), "body": body ?? .null])
        return try await call.answer(
            try await volumes(call).startRestore(version, wish, by: call.asker, idempotency: record), nodes)
    }

    @Sendable private func delete(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let version = try await version(call)
        return try await call.answer(
            try await volumes(call).delete([String(version.number)], of: version.volume, by: call.asker))
    }

    @Sendable private func expire(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let isPreview = try Self.read(try await call.optionalJSON()) { $0.bool("dryRun") ?? false }
        let volume = try await volume(call)
        let decisions = try await volumes(call).expiry(of: volume)
        let accepted = isPreview ? nil : try await volumes(call).expire(volume, by: call.asker)
        return .json(accepted == nil ? .ok : .accepted) { json in
            json.field("run", accepted?.ids.first?.description)
            json.array("items", decisions) { json, decision in
                json.object { json in
                    json.members(of: decision.version)
                    json.field("isKept", decision.isKept)
                    json.array("reasons", decision.reasons) { $0.value($1) }
                }
            }
        }
    }

    @Sendable private func check(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let depth: Volumes.Depth = try Self.read(try await call.optionalJSON()) { $0.choice("depth") ?? .part }
        return try await call.answer(
            try await volumes(call).check(try await volume(call), depth, by: call.asker))
    }

    @Sendable private func adopt(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try Self.read(try await call.optionalJSON()) { _ in }
        return try await call.answer(try await volumes(call).adopt(try await volume(call), by: call.asker))
    }

    @Sendable private func importArchive(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let wish = try Self.read(try await call.optionalJSON()) { fields in
            let created = fields.read("createdAt", "a time such as 2026-12-24T18:00:00Z") {
                $0.string.flatMap(Timestamp.date)
            }
            let file = fields.string("file")
            if file == nil { fields.problem("file", "is missing: the absolute path of a tar archive") }
            return (file: file ?? "", created: created)
        }
        return try await call.answer(
            try await volumes(call).importArchive(
                wish.file, as: try await volume(call), created: wish.created, by: call.asker))
    }

    @Sendable private func drill(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let word = try Self.read(try await call.optionalJSON()) { fields in
            fields.read("version", "a number or a name") { $0.scalarText } ?? "latest"
        }
        let volume = try await volume(call)
        let version = try await volumes(call).version(word, of: volume.name)
        return try await call.answer(try await volumes(call).drill(volume, version, by: call.asker))
    }

    /// Every wrong member of the body in one error; no body is an empty object.
    private static func read<Value>(
        _ body: JSONValue?, _ read: (inout Fields) throws -> Value
    ) throws -> Value {
        let problems = Fields.Problems()
        var fields = Fields(body ?? [:], problems: problems)
        let value = try read(&fields)
        fields.finish()
        try problems.check("the request")
        return value
    }
}

/// Which page of a listing is wanted.
private struct VolumePage {
    let path: String
    let limit: Int
    let position: Int64?

    init(_ call: Call, takesPath: Bool = false) throws {
        var items = try QueryItems(call.request)
        path = takesPath ? items.text("path") ?? "/" : "/"
        limit = items.int("limit", in: 1...1000).map(Int.init) ?? 100
        let cursor = items.text("cursor")
        position = cursor.flatMap { $0.hasPrefix("v1-") ? Int64($0.dropFirst(3)) : nil }
        if cursor != nil, (position ?? 0) <= 0 {
            items.problem("cursor", "is not one of ours; take it from `next` of the page before")
        }
        try items.finish()
    }

    static func cursor(_ position: Int64) -> String { "v1-\(position)" }
}

extension Call {
    var asker: Volumes.Caller { Volumes.Caller(trigger: trigger, rights: principal.rights) }

    fileprivate func idempotency(_ body: JSONValue, of verb: String, _ volume: Volumes.View) throws
        -> IdempotencyRecord?
    {
        try idempotency(["verb": .string(verb), "volume": .string(volume.name.description), "body": body])
    }
}
