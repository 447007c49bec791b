import Foundation
package import HTTPTypes
package import Hummingbird
import Logging
package import MartletCore
package import MartletEngine
import NIOCore

/// One route of the native API: what is registered, documented and tested comes from this.
package struct Route: Sendable {
    package let method: HTTPRequest.Method
    /// `{name}` stands for one segment.
    package let path: String
    package let summary: String
    package let access: Access
    /// Whether each call is recorded in the audit trail.
    package let isAudited: Bool
    let operation: Operation
    let handle: @Sendable (Call) async throws -> Response

    /// Every route says who may call it and what it takes and gives: there is no default. `isAudited`: nil for what the
    /// method says, that reading is not recorded and everything else is.
    package init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, access: Access, isAudited: Bool? = nil,
        _ operation: Operation, _ handle: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.isAudited = isAudited ?? ![.get, .head].contains(method)
        self.operation = operation
        self.handle = handle
    }

    /// Whether a request's path is one of this route's.
    func matches(_ path: String) -> Bool {
        let pattern = self.path.split(separator: "/")
        let segments = path.split(separator: "/", maxSplits: pattern.count)
        return pattern.count == segments.count
            && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}

/// What belongs to one request.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Stands in the answer and in every log entry of the request.
    private(set) var requestID: String
    /// Address of the peer, without its port.
    let caller: String?
    /// Our own address on this connection, without its port.
    let own: String?
    /// Our own port on this connection.
    private let ownPort: Int?
    /// What the caller showed, in force or not.
    var credential: Credential?
    /// Who presented a token or a session in force; nil when nobody did.
    var principal: Principal?
    /// What the listener serves.
    var facades: Set<Listener.Facade> = []
    /// Whether browsers reach us by TLS.
    var isSecure = false
    /// Whether the listener itself speaks TLS.
    var isAlwaysSecure = false

    /// Where a browser keeps its session with us.
    var cookie: SessionCookie {
        SessionCookie(port: ownPort, isSecure: isSecure, isAlwaysSecure: isAlwaysSecure)
    }

    init(source: Source) {
        caller = source.channel.remoteAddress?.ipAddress
        own = source.channel.localAddress?.ipAddress
        ownPort = source.channel.localAddress?.port
        coreContext = CoreRequestContextStorage(source: source)
        // A logger that keeps no metadata has none of Hummingbird's either.
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? UUID().uuidString
    }

    /// With the id that the caller gave the request, where it gave a proper one.
    func named(by request: Request) -> APIContext {
        guard let id = request.givenID else { return self }
        var context = self
        context.requestID = id
        context.logger[metadataKey: "hb.request.id"] = .string(id)
        return context
    }
}

/// One request on its way through a handler.
package struct Call: Sendable {
    package let request: Request
    let context: APIContext
    package let control: Control
    package let principal: Principal
    /// What ends long answers when the rights end.
    package let watch: RightsWatch

    private static let longestAlias = 64

    /// The run of the path, by its own id or by the one a facade gave it. Anything else is `notFound`.
    package func runID() async throws -> RunID {
        let text = context.parameters.get("id") ?? ""
        let id = RunID(text)
        if let id, id.isVersion7 { return id }
        if text.utf8.count <= Self.longestAlias, let run = try await control.run(alias: text, facade: "") {
            return run.id
        }
        if let id { return id }
        throw MartletError(.notFound, "there is no run \(text.prefix(64))")
    }

    /// The job name of the path, checked before anything is done with it.
    func jobName() throws(MartletError) -> String {
        let text = context.parameters.get("name") ?? ""
        guard let name = text.removingPercentEncoding, Token.isValid(name) else {
            throw Problem.invalid("name", "\(text.prefix(64)) is no job name: it \(Token.rule)")
        }
        return name
    }

    /// A parameter of the path, decoded; "" when it is not text.
    package func parameter(_ name: String) -> String {
        (context.parameters.get(name) ?? "").removingPercentEncoding ?? ""
    }

    /// Who asks, as a run remembers it.
    package var trigger: Trigger {
        let isCLI = request.headers[.userAgent]?.hasPrefix("martlet/") == true
        return Trigger(source: isCLI ? "cli" : "api", caller: principal.name, trace: request.trace)
    }
}
