import Foundation
import GoWire
package import HTTPTypes
package import Hummingbird
import HummingbirdCore
import Logging
package import MartletCore
import MartletEngine
import MartletGzip
package import MartletHTTP

/// Nomad's HTTP API: translates its calls into those of ``Nomad`` and the engine.
package struct JobsFacade: Facade {
    package var name: Listener.Facade { .jobs }
    let parts: JobsParts

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool { path == "/v1" || path.hasPrefix("/v1/") }

    /// What only reads is a POST here and there.
    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? {
        if method == .get || method == .head { return .read }
        let asks = ["/v1/jobs/parse", "/v1/validate/job", "/v1/search"].contains(path)
        // A job may be called "plan".
        let plans =
            path.hasPrefix("/v1/job/") && path.hasSuffix("/plan") && path.utf8.count > "/v1/job/".count + "/plan".count
        return method != .delete && (asks || plans) ? .read : .run
    }

    /// Its shapes are those of the replaced system, which has a description of its own.
    package func routes(for rights: Rights) -> [DescribedRoute] { [] }

    package func refusal(_ code: ProblemCode, _ detail: String) -> Response? {
        // The words that Nomad's clients know.
        let isDenied = [HTTPResponse.Status.forbidden, .unauthorized].contains(code.status)
        return NomadRefusal(isDenied ? .forbidden : code.status, isDenied ? "Permission denied" : detail).reply
            .response(isPretty: false)
    }

    package func respond(to call: FacadeCall) async -> Response {
        guard let path = call.path.removingPercentEncoding else {
            return NomadRefusal(.badRequest, "the path is not valid").reply.response(isPretty: false)
        }
        let query = GoQuery(call.request.uri.query)
        guard call.method == .get, query["index"] != nil else { return await answer(call, path, query, nil) }
        // Somebody who waits is to be noticed when he leaves.
        do {
            return try await call.whileConnected(bodyUpTo: 0) { _, hangUp in await answer(call, path, query, hangUp) }
        } catch {
            return Self.refusal(of: error, call).reply.response(isPretty: false)
        }
    }

    private func answer(_ call: FacadeCall, _ path: String, _ query: GoQuery, _ hangUp: HangUp?) async -> Response {
        let isPretty = query.names.contains("pretty")
        do {
            let request = try NomadCall(
                call, parts.nomad(call.control), parts.node, parts.box.settings, parts.places, path: path, query,
                hangUp: hangUp)
            guard let handler = Self.handler(path) else { return Response(status: .notFound) }
            let reply = try await handler(request)
            if case .stream(let type, let output) = reply.content { return .stream(type, output, of: call) }
            let accepted = AcceptEncoding(call.request.headers[values: .acceptEncoding])
            return reply.response(isPretty: isPretty, packs: accepted.takesGzip)
        } catch {
            var reply = Self.refusal(of: error, call).reply
            if path.hasPrefix("/v1/client/") { reply.kind = .client }
            return reply.response(isPretty: isPretty)
        }
    }

    private static func refusal(of error: any Error, _ call: FacadeCall) -> NomadRefusal {
        switch error {
        case let refusal as NomadRefusal: return refusal
        // It was taken away while the call was on its way.
        case NomadClash.unknown: return NomadRefusal(.notFound, "not found")
        case let error as MartletError where error.code != .internal:
            return NomadRefusal(ProblemCode(error.code).status, error.description)
        case is CancellationError:
            return NomadRefusal(.serviceUnavailable, "the server is shutting down, ask again")
        default:
            let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
            call.logger.error(
                "request failed", metadata: ["path": "\(call.path.prefix(200))", "error": "\(error)\(cause)"])
            return NomadRefusal(.internalServerError, "the call could not be served; the server's log has the cause")
        }
    }

    // MARK: Paths

    typealias Handler = @Sendable (NomadCall) async throws -> NomadReply

    /// The one for a path; nil: there is nothing there. Ids of jobs may have slashes: what stands behind them counts.
    private static func handler(_ path: String) -> Handler? {
        if let handler = whole[path] { return handler.body }
        for (prefix, handlers) in families where path.hasPrefix(prefix) {
            let rest = String(path.dropFirst(prefix.count))
            if rest.isEmpty { return nil }
            for (suffix, handler) in handlers where !suffix.isEmpty && rest.hasSuffix(suffix) {
                let id = String(rest.dropLast(suffix.count))
                if !id.isEmpty { return { try await handler($0, id) } }
            }
            guard let handler = handlers.first(where: { $0.suffix.isEmpty })?.handler else { return nil }
            return { try await handler($0, rest) }
        }
        return nil
    }

    /// In a structure: a bare function in a dictionary trips the compiler.
    struct Whole: Sendable { let body: Handler }
    typealias About = @Sendable (NomadCall, String) async throws -> NomadReply

    private static let whole: [String: Whole] = [
        "/v1/jobs": Whole { try await $0.only([.get: $0.listJobs, .post: $0.register, .put: $0.register]) },
        "/v1/jobs/parse": Whole { try await $0.only([.post: $0.parse, .put: $0.parse]) },
        "/v1/validate/job": Whole { try await $0.only([.post: $0.validate, .put: $0.validate]) },
        "/v1/evaluations": Whole { try await $0.only([.get: $0.listEvaluations]) },
        "/v1/allocations": Whole { try await $0.only([.get: $0.listAllocations]) },
        "/v1/deployments": Whole { try await $0.only([.get: $0.listDeployments]) },
        "/v1/nodes": Whole { try await $0.only([.get: $0.listNodes]) },
        "/v1/status/leader": Whole { try await $0.only([.get: $0.leader]) },
        "/v1/status/peers": Whole { try await $0.only([.get: $0.peers]) },
        "/v1/regions": Whole { try await $0.only([.get: $0.regions]) },
        "/v1/agent/self": Whole { try await $0.only([.get: $0.agent]) },
        "/v1/agent/members": Whole { try await $0.only([.get: $0.members]) },
        "/v1/agent/health": Whole { try await $0.only([.get: $0.health]) },
        "/v1/agent/servers": Whole { try await $0.only([.get: $0.servers]) },
        "/v1/agent/join": Whole { try await $0.only([.post: $0.join]) },
        "/v1/agent/force-leave": Whole { try await $0.only([.post: $0.nothing]) },
        "/v1/client/stats": Whole { try await $0.only([.get: $0.usage]) },
        "/v1/client/gc": Whole { try await $0.only([.get: $0.collectOnNode, .post: $0.collectOnNode]) },
        "/v1/metrics": Whole { try await $0.only([.get: $0.figures]) },
        "/v1/search": Whole { try await $0.only([.post: $0.search, .put: $0.search]) },
        "/v1/system/gc": Whole { try await $0.only([.put: $0.collect, .post: $0.collect]) },
        "/v1/system/reconcile/summaries": Whole { try await $0.only([.put: $0.nothing, .post: $0.nothing]) },
        "/v1/operator/raft/configuration": Whole { try await $0.only([.get: $0.raft]) },
        "/v1/scaling/policies": Whole { try await $0.only([.get: $0.noPolicies]) },
        "/v1/namespaces": Whole(body: enterprise), "/v1/namespace": Whole(body: enterprise),
        "/v1/quotas": Whole(body: enterprise), "/v1/quota-usages": Whole(body: enterprise),
        "/v1/quota": Whole(body: enterprise), "/v1/sentinel/policies": Whole(body: enterprise),
    ]

    /// Of the edition that is paid for.
    @Sendable private static func enterprise(_ call: NomadCall) async throws -> NomadReply {
        throw NomadRefusal(.notImplemented, "Nomad Enterprise only endpoint")
    }
    @Sendable private static func withoutRules(_ call: NomadCall) async throws -> NomadReply {
        throw NomadRefusal(.badRequest, "ACL support disabled")
    }

    private static let families: [(prefix: String, handlers: [(suffix: String, handler: About)])] = [
        (
            "/v1/job/",
            [
                ("/evaluate", { call, id in try await call.only([.post: { try await call.evaluate(id) }]) }),
                ("/allocations", { call, id in try await call.only([.get: { try await call.allocations(of: id) }]) }),
                ("/evaluations", { call, id in try await call.only([.get: { try await call.evaluations(of: id) }]) }),
                ("/summary", { call, id in try await call.only([.get: { try await call.summary(of: id) }]) }),
                ("/versions", { call, id in try await call.only([.get: { try await call.versions(of: id) }]) }),
                ("/deployments", { call, id in try await call.only([.get: { try await call.deployments(of: id) }]) }),
                ("/deployment", { call, id in try await call.only([.get: { try await call.deployment(of: id) }]) }),
                ("/plan", { call, id in try await call.only([.post: { try await call.plan(id) }]) }),
                ("/stable", { call, id in try await call.only([.post: { try await call.stable(id) }]) }),
                ("/revert", { call, id in try await call.only([.post: { try await call.revert(id) }]) }),
                ("/dispatch", { call, id in try await call.only([.post: { try await call.dispatch(id) }]) }),
                ("/periodic/force", { call, id in try await call.only([.post: { try await call.force(id) }]) }),
                (
                    "",
                    { call, id in
                        try await call.only([
                            .get: { try await call.job(id) }, .post: { try await call.register(as: id) },
                            .delete: { try await call.deregister(id) },
                        ])
                    }
                ),
            ]
        ),
        (
            "/v1/evaluation/",
            [
                ("/allocations", { call, id in try await call.only([.get: { try await call.placed(by: id) }]) }),
                ("", { call, id in try await call.only([.get: { try await call.evaluation(id) }]) }),
            ]
        ),
        (
            "/v1/allocation/",
            [
                ("/stop", { call, id in try await call.only([.post: { try await call.stop(id) }]) }),
                ("", { call, id in try await call.only([.get: { try await call.allocation(id) }]) }),
            ]
        ),
        (
            "/v1/deployment/allocations/",
            [("", { call, id in try await call.only([.get: { try await call.deployed(by: id) }]) })]
        ),
        (
            "/v1/deployment/fail/",
            [("", { call, id in try await call.only([.post: { try await call.fail(deployment: id) }]) })]
        ),
        (
            "/v1/deployment/promote/",
            [("", { call, id in try await call.only([.post: { try await call.promote(deployment: id) }]) })]
        ),
        (
            "/v1/deployment/pause/",
            [("", { call, id in try await call.only([.post: { try await call.pause(deployment: id) }]) })]
        ),
        ("/v1/deployment/", [("", { call, id in try await call.only([.get: { try await call.oneDeployment(id) }]) })]),
        (
            "/v1/node/",
            [
                ("/allocations", { call, id in try await call.only([.get: { try await call.allocations(on: id) }]) }),
                ("/evaluate", { call, id in try await call.only([.post: { try await call.evaluate(node: id) }]) }),
                ("/eligibility", { call, id in try await call.only([.post: { try await call.setEligibility(id) }]) }),
                ("/purge", { call, id in try await call.only([.post: { try await call.purge(node: id) }]) }),
                ("/drain", { call, id in try await call.only([.post: { try await call.setDrain(id) }]) }),
                ("", { call, id in try await call.only([.get: { try await call.oneNode(id) }]) }),
            ]
        ),
        ("/v1/client/fs/ls/", [("", { call, id in try await call.only([.get: { try await call.list(id) }]) })]),
        ("/v1/client/fs/stat/", [("", { call, id in try await call.only([.get: { try await call.stat(id) }]) })]),
        ("/v1/namespace/", [("", { call, _ in try await enterprise(call) })]),
        ("/v1/quota/", [("", { call, _ in try await enterprise(call) })]),
        ("/v1/sentinel/", [("", { call, _ in try await enterprise(call) })]),
        ("/v1/acl/", [("", { call, _ in try await withoutRules(call) })]),
        (
            "/v1/client/fs/cat/",
            [("", { call, id in try await call.only([.get: { try await call.read(id, isPart: false) }]) })]
        ),
        (
            "/v1/client/fs/readat/",
            [("", { call, id in try await call.only([.get: { try await call.read(id, isPart: true) }]) })]
        ),
        ("/v1/client/fs/stream/", [("", { call, id in try await call.only([.get: { try await call.stream(id) }]) })]),
        (
            "/v1/client/fs/logs/",
            [("", { call, id in try await call.only([.get: { try await call.logs(of: id) }]) })]
        ),
        (
            "/v1/client/allocation/",
            [
                ("/gc", { call, id in try await call.only([.get: { try await call.collect(allocation: id) }]) }),
                ("/stats", { call, id in try await call.only([.get: { try await call.usage(of: id) }]) }),
                ("/signal", { call, id in try await call.only([.post: { try await call.signal(id) }]) }),
                ("/restart", { call, id in try await call.only([.post: { try await call.restart(id) }]) }),
            ]
        ),
    ]
}

extension NomadCall {
    /// The handler of the call's method. PUT is POST here.
    func only(_ handlers: [HTTPRequest.Method: @Sendable () async throws -> NomadReply]) async throws -> NomadReply {
        let word: HTTPRequest.Method = method == .head ? .get : method == .put && handlers[.put] == nil ? .post : method
        guard let handler = handlers[word] else { throw NomadRefusal(.methodNotAllowed, "Invalid method") }
        return try await handler()
    }
}
