import HTTPTypes
import MartletCore
import Synchronization

/// Counts requests and connections.
final class RequestMeter: Sendable {
    struct Kind: Sendable, Hashable {
        let facade: Listener.Facade
        let method: Method
        /// The first digit of the status.
        let statusClass: Int
    }

    /// Whatever a client sends as a method is one of these.
    enum Method: String, Sendable, CaseIterable {
        case get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE", other

        init(_ method: HTTPRequest.Method) { self = Method(rawValue: method.rawValue) ?? .other }
    }

    struct Counts: Sendable {
        fileprivate(set) var requests: [Kind: Int] = [:]
        /// Until the beginning of the answer.
        fileprivate(set) var seconds: [Listener.Facade: Histogram] = [:]
    }

    static let requestSeconds = Histogram([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60])

    private let state = Mutex(Counts())
    private let open = Atomic(0)

    var counts: Counts { state.withLock { $0 } }
    var connections: Int { open.load(ordering: .relaxed) }

    func answered(_ kind: Kind, in time: Duration) {
        state.withLock { counts in
            counts.requests[kind, default: 0] += 1
            counts.seconds[kind.facade, default: Self.requestSeconds].observe(time.inSeconds)
        }
    }

    func connected() { open.add(1, ordering: .relaxed) }
    func disconnected() { open.subtract(1, ordering: .relaxed) }
}
