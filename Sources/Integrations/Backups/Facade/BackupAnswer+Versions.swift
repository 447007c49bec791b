import MartletEngine
import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletHTTP
import NIOCore

// Lists, and looks into versions.
extension BackupAnswer {
    /// Oldest first, as the replaced system has them. Without `volume` those of all volumes; version 1 shows none then.
    func list(_ proc: KnownProc) async throws -> Response {
        let wanted = Set(query.all("volume").map(PathPattern.normal))
        if wanted.isEmpty, version == .first { return .wire(.ok, .array([])) }
        let views = Dictionary(
            proc.views.filter { wanted.isEmpty || wanted.contains(PathPattern.normal($0.name.volume)) }
                .map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let one = views.count == 1 ? views.keys.first : nil
        let found = try await volumes.all(VolumeQuery(app: proc.app, proc: proc.name, volume: one))
        return .wire(
            .ok,
            .array(
                found.reversed().compactMap { version in
                    guard let view = views[version.volume], version.mode != .safety else { return nil }
                    return entity(version, view.drill).wire
                }))
    }

    private func entity(_ version: VolumeVersion, _ drill: VolumeProof?) -> BackupEntity {
        BackupEntity(version, isVerified: drill?.isGood == true && drill?.version == version.number)
    }

    /// `open=true` leads into it, `…/download` gives all of it as tar.gz.
    func show(_ name: String, _ inner: String, of proc: KnownProc) async throws -> Response {
        let isOpen = ["true", "1"].contains(query["open"])
        if isOpen { return try await open(name, inner, of: proc) }
        let version = try await backup(name, of: proc)
        switch inner {
        case "":
            let drill = proc.views.first { $0.name == version.volume }?.drill
            return .wire(.ok, entity(version, drill).wire)
        case "download": return try await download(version)
        default:
            throw BackupRefusal(.badRequest, "open_required", "add open=true to look into a backup")
        }
    }

    /// By its name, or by the archive's: that one means the newest increment.
    func backup(_ name: String, of proc: KnownProc) async throws -> VolumeVersion {
        if let view = proc.views.first(where: { $0.name.archive == name }) {
            if let newest = try await volumes.all(of: view.name).first(where: { $0.mode == .increment }) {
                return newest
            }
        } else if name.utf8.count <= 1024, let version = try await call.control.store.volumeVersion(named: name),
            proc.views.contains(where: { $0.name == version.volume })
        {
            return version
        }
        throw BackupRefusal.noBackup(name, of: proc.name)
    }

    // MARK: Directories

    /// One directory. Without `limit` all of it, written while it is read; with it a page, and where the next one begins in
    /// the header `X-Martlet-Next`, for `cursor`.
    func open(_ name: String, _ inner: String, of proc: KnownProc) async throws -> Response {
        if let problem = PathPattern.problem(inner) { throw BackupRefusal.badPath(inner, problem) }
        let version = try await backup(name, of: proc)
        let limit = try number("limit", in: 1...1000)
        let cursor = try number("cursor", in: 1 ... .max)
        let (volumes, watch) = (volumes, call.watch)
        let caller = caller
        @Sendable func page(_ offset: Int64?) async throws -> Volumes.Listing {
            try await volumes.list(version, path: inner, from: offset, limit: limit.map(Int.init) ?? 1000, by: caller)
        }
        let first = try await page(cursor)
        guard limit == nil, first.next != nil else {
            var response = Response.wire(.ok, .array(first.items.map { FileEntry($0).wire }))
            response.headers[.next] = first.next.map(String.init)
            return response
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=UTF-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var (listing, start) = (first, "[")
                while true {
                    let text = listing.items.map { WireWriter.bytes(FileEntry($0).wire) }.joined(separator: [0x2C])
                    try await writer.write(ByteBuffer(bytes: Array(start.utf8) + Array(text)))
                    guard let next = listing.next else { break }
                    guard !watch.isOver else { throw RightsWatch.gone }
                    (listing, start) = (try await page(next), ",")
                }
                try await writer.write(ByteBuffer(string: "]"))
                try await writer.finish(nil)
            })
    }

    func number(_ name: String, in range: ClosedRange<Int64>) throws(BackupRefusal) -> Int64? {
        guard let text = query[name] else { return nil }
        if let number = Int64(text), range.contains(number) { return number }
        let most = range.upperBound == .max ? "" : " to \(range.upperBound)"
        throw .invalid(name, "must be a whole number from \(range.lowerBound)\(most)")
    }

    private func download(_ version: VolumeVersion) async throws -> Response {
        let name = version.name.hasSuffix(".tar.gz") ? version.name : version.name + ".tar.gz"
        let headers: HTTPFields = [
            .contentType: "application/gzip", .cacheControl: "no-store",
            .contentDisposition: "attachment; filename=\"\(name.filter { $0.isASCII && $0 != "\"" })\"",
        ]
        if call.method == .head { return Response(status: .ok, headers: headers) }
        return try await facade.downloads.begin(version, volumes).response(to: call.request, headers, call.watch)
    }
}

extension HTTPField.Name {
    /// Where the next page of a directory begins.
    fileprivate static let next: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Martlet-Next") else { preconditionFailure("a name of a header field") }
        return name
    }()
}
