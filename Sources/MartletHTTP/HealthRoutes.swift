import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// One thing the server needs; nil = fine, else what is wrong.
package struct ReadinessCheck: Sendable {
    package let name: String
    package let problem: @Sendable () async -> String?

    package init(_ name: String, _ problem: @escaping @Sendable () async -> String?) {
        self.name = name
        self.problem = problem
    }
}

/// What probes and load balancers ask; open, because it tells nothing about runs.
struct HealthRoutes: Sendable {
    let version: String
    let checks: [ReadinessCheck]

    var routes: [Route] {
        [
            Route(.get, "/livez", "The process answers", access: .open, .alive) { _ in
                .json { $0.field("status", "alive") }
            },
            Route(.get, "/readyz", "Each thing the server needs, and whether it is fine", access: .open, .ready, ready),
            Route(.get, "/version", "The server's version", access: .open, .version) { _ in
                .json { json in
                    json.field("name", "martlet")
                    json.field("version", version)
                }
            },
        ]
    }

    @Sendable private func ready(_ call: Call) async throws -> Response {
        var found: [(name: String, problem: String?)] = []
        for check in checks + Self.engineChecks(call.control) { found.append((check.name, await check.problem())) }
        let isReady = found.allSatisfy { $0.problem == nil }
        return .json(isReady ? .ok : .serviceUnavailable) { json in
            json.field("status", isReady ? "ready" : "not ready")
            json.object("checks") { json in
                for (name, problem) in found {
                    json.object(name) { json in
                        json.field("ok", problem == nil)
                        json.field("problem", problem)
                    }
                }
            }
        }
    }

    private static func engineChecks(_ control: Control) -> [ReadinessCheck] {
        [
            ReadinessCheck("store") {
                do {
                    _ = try await control.store.eventRange()
                    return nil
                } catch {
                    return "the store cannot be read; the server's log has the cause"
                }
            },
            ReadinessCheck("disk") {
                let disk = control.disk()
                let needed = disk.needed(control.settings.value.minFree)
                if disk.free >= needed { return nil }
                return
                    "\(disk.free / 1_000_000) MB are free and \(needed / 1_000_000) MB must stay free (limits.minFree); new runs are refused"
            },
        ]
    }
}
