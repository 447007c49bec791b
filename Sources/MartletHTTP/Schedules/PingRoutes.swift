import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Work that others start tells here how it goes: a dead man's switch. What can only fetch an address must be able to
/// tell, too, so `GET` changes something here. It needs a token on every listener, which no web page of others has; a browser's session does not count.
enum PingRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/ping/{schedule}", "Tell that watched work ended well", access: .schedule(.run), isAudited: true,
            .ping, bare),
        Route(
            .post, "/ping/{schedule}", "Tell that watched work ended well, and what it said",
            access: .schedule(.run), .pingWithText, bare),
        Route(
            .get, "/ping/{schedule}/{signal}", "Tell how watched work goes", access: .schedule(.run), isAudited: true,
            .signal, signal),
        Route(
            .post, "/ping/{schedule}/{signal}", "Tell how watched work goes, and what it said",
            access: .schedule(.run), .signalWithText, signal),
    ]

    static let largestBody = 100_000

    @Sendable private static func bare(_ call: Call) async throws -> Response { try await tell(.success, call) }

    @Sendable private static func signal(_ call: Call) async throws -> Response {
        let word = call.context.parameters.get("signal") ?? ""
        switch word {
        case "start": return try await tell(.start, call)
        case "success": return try await tell(.success, call)
        case "fail": return try await tell(.fail, call)
        case "log": return try await tell(.log, call)
        default:
            guard word.utf8.count <= 3, word.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let code = UInt8(word)
            else {
                throw MartletError(
                    .notFound,
                    "a ping ends in start, success, fail, log or an exit code from 0 to 255, not in \(word.prefix(64))"
                )
            }
            return try await tell(code == 0 ? .success : .fail, call, note: code == 0 ? "" : "exit code \(code)")
        }
    }

    private static func tell(_ kind: Ping.Kind, _ call: Call, note: String = "") async throws -> Response {
        var query = try QueryItems(call.request)
        // Read where the caller was found out.
        _ = query.all("token")
        try query.finish()
        let name = try call.scheduleName()
        let text = call.request.method == .post ? Self.text(of: try await bytes(call)) : ""
        let said = [note, text].filter { !$0.isEmpty }.joined(separator: "\n")
        _ = try await call.control.ping(name, Ping(kind: kind, text: said), rights: call.principal.rights)
        return Response(.ok, "text/plain; charset=utf-8", Array("ok\n".utf8))
    }

    private static func bytes(_ call: Call) async throws -> [UInt8] {
        let length = call.request.headers[.contentLength].flatMap { Int($0) }
        if let length, length > largestBody { throw tooLarge }
        let buffer = try await call.request.body.collect(upTo: largestBody + 1)
        guard buffer.readableBytes <= largestBody else { throw tooLarge }
        return Array(buffer.readableBytesView)
    }

    private static let tooLarge = Problem(
        .tooLarge, "what comes with a ping has at most \(largestBody) bytes; send the end of it")

    /// For people: what is no UTF-8 is marked, and only those control characters stay that make lines and columns.
    static func text(of bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        for scalar in String(repairing: bytes).unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            if !isControl || scalar == "\n" || scalar == "\t" { text.append(scalar) }
        }
        return String(text).trimming(" \n\t")
    }
}

extension Request {
    /// Of watched work. `/ping` itself, without a name, was a replaced system's.
    var isPing: Bool { uri.path.hasPrefix("/ping/") && uri.path.utf8.count > "/ping/".utf8.count }

    /// Of pings only: what fetches a bare address sends no header. Nothing that is kept or told has the query.
    var tokenOfQuery: Secret? {
        // A query that cannot be read has no token.
        guard isPing, var query = try? QueryItems(self) else { return nil }
        let tokens = query.all("token")
        return tokens.count == 1 ? tokens.first.map { Secret($0) } : nil
    }
}
