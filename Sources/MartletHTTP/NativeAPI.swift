import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import MartletCore
package import MartletEngine
import NIOCore
package import ServiceLifecycle

/// The native API: every route, behind one gate, on any number of listeners.
package struct NativeAPI: Sendable {
    private let control: Control
    private let tokens: Tokens
    private let guardian: BrowserGuard
    package let routes: [Route]
    private let facades: [any Facade]
    private let recheck: Duration
    private let meter = RequestMeter()
    private let limits = RequestLimits()

    /// `hosts`: names, besides the listeners' own `addresses`, that a `Host` or an `Origin` header may carry. `extra`: routes of
    /// integrations; `figures`: theirs of `/metrics`. `recheck`: how often the rights of a long answer are looked at again.
    /// `settings`: what is told of them.
    package init(
        control: Control, tokens: Tokens, hosts: [String], addresses: [String] = [], version: String,
        checks: [ReadinessCheck] = [], recheck: Duration = RightsWatch.interval,
        settings: SettingsViewBox = SettingsViewBox(),
        extra: [Route] = [], figures: @escaping @Sendable (Control) async throws -> [Figure] = { _ in [] },
        facades: [any Facade] = []
    ) {
        self.control = control
        self.tokens = tokens
        self.recheck = recheck
        guardian = BrowserGuard(hosts: hosts, addresses: addresses)
        let others: [[Route]] = [
            HealthRoutes(version: version, checks: checks).routes, RunRoutes.routes, LogRoutes.routes,
            LineRoutes.routes, EventRoutes.routes, JobRoutes.routes, TokenRoutes(tokens: tokens).routes,
            SessionRoutes(tokens: tokens, version: version).routes, FigureRoutes.routes,
            SettingRoutes(settings: settings).routes, SecretRoutes.routes, AuditRoutes.routes, NoticeRoutes.routes,
            ScheduleRoutes.routes,
            ScheduleTimeRoutes.routes, CalendarRoutes.routes, PingRoutes.routes,
            MetricsRoutes(meter: meter, version: version, figures: figures).routes, extra,
        ]
        let described = others.flatMap(\.self)
        routes = described + [OpenAPIRoutes(others: described, facades: facades, version: version).route]
        self.facades = facades
    }

    /// A server for one listener; `certificate` when it has one. No more than `connections` at once: more wait to be
    /// accepted. `bodyTime`: how long a request may take over its body, see ``BodyDeadline``. `ready` gets the port in use once
    /// the socket accepts.
    package func service(
        _ listener: Listener, certificate: ServerCertificate? = nil, connections: Int = 4096,
        bodyTime: Duration = .seconds(60), logger: Logger,
        ready: @escaping @Sendable (Int) async -> Void
    ) throws -> any Service {
        let address = listener.address
        return Application(
            responder: responder(listener),
            server: try Self.builder(certificate, bodyTime),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), backlog: 1024, reuseAddress: true,
                availableConnectionsDelegate: CountedConnections(connections, meter)),
            onServerRunning: { channel in await ready(channel.localAddress?.port ?? address.port) },
            logger: logger)
    }

    private static func builder(_ certificate: ServerCertificate?, _ bodyTime: Duration) throws -> HTTPServerBuilder {
        let configuration = HTTP1Channel.Configuration(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 32 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100))
        let plain = HTTPServerBuilder { responder in
            WatchedChannel(
                http: HTTP1Channel(responder: responder, configuration: configuration), bodyTime: bodyTime)
        }
        return try certificate.map { try .tls(plain, tlsConfiguration: $0.configuration) } ?? plain
    }

    /// The router made from the table.
    func responder(_ listener: Listener) -> RouterResponder<APIContext> {
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        let auditing = Auditing(store: control.store)
        router.add(
            middleware: Gate(
                listener: listener, guardian: guardian, tokens: tokens, routes: routes, facades: facades,
                auditing: auditing, control: control, meter: meter, limits: limits, recheck: recheck
            ))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await auditing.recording(.init(route, context), context) {
                    let principal = try route.access.principal(context.principal)
                    let call = Call(
                        request: request, context: context, control: control, principal: principal,
                        watch: RightsWatch(
                            tokens: tokens, principal: principal, credential: context.credential, interval: recheck))
                    try await route.access.checkObject(call)
                    let response = try await route.handle(call)
                    // Whoever waited for an end may have lost the right to be told of it.
                    if call.preferredWait != nil, call.watch.isOver { throw Problem.unauthorised }
                    return response
                }
            }
        }
        return router.buildResponder()
    }
}
