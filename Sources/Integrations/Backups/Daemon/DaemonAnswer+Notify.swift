import GoWire
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

// Who is told of runs.
extension DaemonAnswer {
    func notifyAddresses() -> Response {
        .wire(.ok, .object([("addr", .array(facade.addresses.all.map { .string($0) }))]))
    }

    func addNotifyAddress() async throws -> Response {
        try facade.addresses.add(try await address(), from: try await control.eventRange()?.upperBound ?? 0)
        return .wire(.ok, "OK")
    }

    func removeNotifyAddress() async throws -> Response {
        try facade.addresses.remove(try await address())
        return .wire(.nonAuthoritativeInformation, "OK")
    }

    private func address() async throws -> String {
        guard let text = try await form()["addr"] else { throw DaemonRefusal.argument("addr is missing") }
        guard NotifyAddresses.isValid(text) else {
            throw DaemonRefusal.argument("addr must be an address such as http://10.0.0.9:9002/api/v2/system/notify")
        }
        return text
    }
}
