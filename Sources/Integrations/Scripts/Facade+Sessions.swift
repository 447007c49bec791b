import Foundation
import HTTPTypes
import Hummingbird
import GoWire
import MartletCore
import MartletEngine
import MartletHTTP
import NIOCore

extension ScriptFacade {
    /// One session by its id, or all of them.
    func query(_ call: FacadeCall) async throws -> Response {
        guard let bytes = try await call.body(upTo: Self.largestBody) else { return .tooLarge }
        let id: String?
        do {
            id = bytes.isEmpty ? nil : try Self.sessionID(bytes)
        } catch {
            return .envelope(.failed("\(error)"), status: .badRequest)
        }
        guard let id else { return try await sessions(call) }
        guard let session = try await session(id, call.control), call.principal.rights.covers(session.run) else {
            return .envelope(.failed("session \(id.prefix(200)) not found"))
        }
        return .envelope(.ok(.array([session.wire()])))
    }

    /// Asks the whole tree to end, and answers at once. A session that is over stays as it is.
    func kill(_ call: FacadeCall) async throws -> Response {
        guard let bytes = try await call.body(upTo: Self.largestBody) else { return .tooLarge }
        let id: String
        do {
            guard let given = try Self.sessionID(bytes) else {
                return .envelope(.failed("session_id required"), status: .badRequest)
            }
            id = given
        } catch {
            return .envelope(.failed("\(error)"), status: .badRequest)
        }
        guard let session = try await session(id, call.control) else {
            return .envelope(.ok("", note: "session \(id.prefix(200)) not found"))
        }
        guard call.principal.rights.covers(session.run) else {
            throw MartletError(.forbidden, "session \(id.prefix(200)) is of a task that this token is not for")
        }
        try await call.control.stopIfUnfinished(session.run.id)
        return .envelope(.ok(.string("")))
    }

    /// What follows the first value is ignored, as the replaced service did.
    private static func sessionID(_ bytes: [UInt8]) throws -> String? {
        try GoJSON.string("session_id", in: try GoJSON.firstDocument(bytes), of: "")
    }

    private func session(_ id: String, _ control: Control) async throws -> Session? {
        guard !id.isEmpty, let run = try await control.run(alias: id, facade: Self.name),
            run.driver == ScriptDriver.name
        else { return nil }
        if let end = run.finishedAt, end < oldestEnd(control) { return nil }
        return Session(id: id, run: run)
    }

    private func oldestEnd(_ control: Control) -> Date {
        control.now().adding(TimeSpan(milliseconds: -loader.current.settings.sessionAge.milliseconds))
    }

    /// All sessions, newest first, written as they are read: there may be more than fit into memory.
    private func sessions(_ call: FacadeCall) async throws -> Response {
        let control = call.control
        let rights = call.principal.rights
        let all = try await control.aliases(facade: Self.name, endedAfter: oldestEnd(control))
        let body = ResponseBody { writer in
            var (start, separator) = ("{\"code\":0,\"data\":[", "")
            for first in stride(from: 0, to: all.count, by: Self.sessionsAtOnce) {
                let part = all[first..<min(all.count, first + Self.sessionsAtOnce)]
                let runs = try await control.runs(part.map(\.run)).filter(rights.covers)
                let names = Dictionary(part.map { ($0.run, $0.alias) }) { first, _ in first }
                var buffer = ByteBuffer(string: start)
                start = ""
                for run in runs {
                    buffer.writeString(separator)
                    buffer.writeBytes(WireWriter.bytes(Session(id: names[run.id] ?? "", run: run).wire()))
                    separator = ","
                }
                try await writer.write(buffer)
            }
            try await writer.write(ByteBuffer(string: start + "],\"msg\":\"\"}"))
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: Response.envelopeType, .cacheControl: "no-store"], body: body)
    }

    private static let sessionsAtOnce = 200
}
