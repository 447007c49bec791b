import HTTPTypes
import Hummingbird
package import MartletCore
import MartletEngine

extension Route {
    /// Who may call a route, and for what. A token that is bound to some jobs or labels is told nothing about the rest.
    package enum Access: Sendable, Hashable {
        /// Anybody who reaches the listener.
        case open
        /// A token of this role or a higher one; the answer is narrowed to what the token covers.
        case covered(Rights.Role)
        /// The token must cover the run of the path, too.
        case run(Rights.Role)
        /// The token must cover the job of the path, too.
        case job(Rights.Role)
        /// The token must cover the schedule of the path, too.
        case schedule(Rights.Role)
        /// The token must not be bound to some jobs or labels.
        case server(Rights.Role)
    }
}

extension Route.Access {
    /// Nil: everybody.
    package var role: Rights.Role? {
        switch self {
        case .open: nil
        case .covered(let role), .run(let role), .job(let role), .schedule(let role), .server(let role): role
        }
    }

    /// The caller, when it may call at all. Throws 401 without a token in force and 403 when its rights do not reach.
    func principal(_ presented: Principal?) throws(Problem) -> Principal {
        guard let role else { return presented ?? .anonymous }
        guard let principal = presented else { throw .unauthorised }
        guard principal.rights.role >= role else {
            throw .forbidden(
                "this needs the role \(role.rawValue); \(principal.name) has \(principal.rights.role.rawValue)")
        }
        if case .server = self, principal.rights.isRestricted {
            throw .forbidden("\(principal.name) is for some jobs or labels only, and this is about the whole server")
        }
        return principal
    }

    /// What a token does not cover is not there for its holder.
    func checkObject(_ call: Call) async throws {
        let rights = call.principal.rights
        guard rights.isRestricted else { return }
        switch self {
        case .run:
            let id = try await call.runID()
            guard rights.covers(try await call.control.require(id)) else {
                let text = call.context.parameters.get("id") ?? ""
                throw MartletError(.notFound, "there is no run \(text.prefix(64))")
            }
        case .job:
            let name = try call.jobName()
            guard rights.covers(job: name, labels: try await call.control.job(name).job.labels) else {
                throw MartletError(.notFound, "there is no job named \(name)")
            }
        case .schedule: _ = try await call.control.schedule(try call.scheduleName(), rights: rights)
        case .open, .covered, .server: return
        }
    }
}

extension Principal {
    /// Keeps the idempotency keys of each token apart.
    var keyScope: String { tokenID.map { "token \($0) " } ?? "" }
}

extension Request {
    /// From `Authorization: Bearer`, or from `X-Nomad-Token` and `X-Consul-Token` as the clients of these send it; of pings
    /// also from `?token=`. An empty header counts as none.
    var presentedToken: Secret? {
        for name in [HTTPField.Name.nomadToken, .consulToken] {
            if let token = headers[name]?.trimming(" "), !token.isEmpty { return Secret(token) }
        }
        guard let header = headers[.authorization], header.prefix(7).lowercased() == "bearer " else {
            return tokenOfQuery
        }
        let token = String(header.dropFirst(7)).trimming(" ")
        return token.isEmpty ? tokenOfQuery : Secret(token)
    }
}

/// Ends an answer that goes on for long when its caller's token is revoked, expires or is replaced.
package struct RightsWatch: Sendable {
    package static let interval = Duration.seconds(60)

    let tokens: Tokens
    let principal: Principal
    let credential: Credential?
    let interval: Duration

    /// Whether the caller's token counts no more, or for something else by now. Costs a digest: ask it once for each piece of
    /// a long answer. Whom an open listener let in without a token has none to lose.
    package var isOver: Bool {
        principal.identity != .anonymous && credential.flatMap(tokens.principal(of:)) != principal
    }

    /// Why an answer breaks off.
    package static let gone = MartletError(.unavailable, "the token of this call is no longer in force")

    /// Calls `end` once the rights are gone. Cancel it when the answer is over.
    package func guarding(_ end: @Sendable () -> Void) async {
        while true {
            do {
                try await Task.sleep(for: interval)
            } catch {
                return
            }
            if isOver { return end() }
        }
    }
}
