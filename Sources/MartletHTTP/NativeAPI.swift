import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import MartletCore
package import MartletEngine
import NIOCore
package import ServiceLifecycle

/// The native API: every route, behind one gate, on any number of listeners.
package struct NativeAPI: Sendable {
    private let control: Control
    private let token: AccessToken
    private let guardian: BrowserGuard
    package let routes: [Route]
    private let facades: [any Facade]

    /// `hosts`: names, besides the listeners' own addresses, that a `Host` header may carry. `extra`: routes of
    /// integrations.
    package init(
        control: Control, token: AccessToken, hosts: [String], version: String, checks: [ReadinessCheck] = [],
        extra: [Route] = [], facades: [any Facade] = []
    ) {
        self.control = control
        self.token = token
        guardian = BrowserGuard(hosts: hosts)
        routes =
            HealthRoutes(version: version, checks: checks).routes + RunRoutes.routes + LogRoutes.routes
            + LineRoutes.routes + EventRoutes.routes + JobRoutes.routes + extra
        self.facades = facades
    }

    /// A server for one address. `ready` gets the port in use once the socket accepts.
    package func listener(
        _ address: ListenAddress, logger: Logger, ready: @escaping @Sendable (Int) async -> Void
    ) -> any Service {
        Application(
            responder: responder(),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: .seconds(60),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 32 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 1024, reuseAddress: true),
            onServerRunning: { channel in await ready(channel.localAddress?.port ?? address.port) },
            logger: logger)
    }

    /// The router made from the table.
    func responder() -> RouterResponder<APIContext> {
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(
            middleware: Gate(guardian: guardian, token: token, routes: routes, facades: facades, control: control))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                if route.access == .token, !token.admits(request.headers[.authorization]) {
                    throw Problem.unauthorised
                }
                return try await route.handle(Call(request: request, context: context, control: control))
            }
        }
        return router.buildResponder()
    }
}
