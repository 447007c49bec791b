import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

extension NomadJobRoutes {
    var passwordRoute: Route {
        Route(
            .get, Self.path + "/{nomadJob}/passwords", "Tell the passwords, to a token that may read secrets",
            access: .covered(.read), isAudited: true, .nomadJobPasswords, passwords)
    }

    /// Of the present version, by `GROUP/TASK/` and the path in the task's configuration.
    @Sendable private func passwords(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try call.demandSecrets()
        let edition = NomadJobEdition(try await found(call).job)
        let secrets = try await call.control.store.nomadContent(of: edition)?.secrets ?? [:]
        return .json { json in
            for (path, secret) in secrets.sorted(by: { $0.key < $1.key }) {
                json.field(path.replacing("\0", with: "/"), secret.exposed)
            }
        }
    }
}
