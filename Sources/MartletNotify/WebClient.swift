import AsyncHTTPClient
import Foundation
import MartletCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// A request that delivers a message.
struct WebRequest: Sendable, Hashable {
    var address: WebAddress
    var headers: [String: String] = [:]
    var body: [UInt8]
    /// The status says it all: nothing more of the answer is waited for.
    var needsStatusOnly = false
}

struct WebReply: Sendable, Hashable {
    let status: Int
    let body: [UInt8]
}

/// Posts messages to addresses that may be written to. The address that was checked is the one that is connected to, so
/// that a name cannot change its mind in between. Redirects are followed three times at most, each checked as the first.
struct WebClient: Sendable {
    static let mostRedirects = 3
    static let largestReply = 64 << 10
    /// Of one host, as long as none of them takes the connection.
    static let mostAddresses = 3

    let guardian: AddressGuard
    /// From the connection to the end of the answer.
    var limit = TimeAmount.seconds(8)

    /// `isTrusted`: an administrator wrote the address. Another one behind a redirect is not.
    func post(_ request: WebRequest, isTrusted: Bool) async throws(DeliveryFailure) -> WebReply {
        let origin = request.address.origin
        var request = request
        for _ in 0...Self.mostRedirects {
            let addresses = try await guardian.addresses(
                of: request.address.host, isTrusted: isTrusted && request.address.origin == origin)
            switch try await first(request, at: addresses.prefix(Self.mostAddresses)) {
            case .reply(let reply): return reply
            case .redirect(let location):
                guard let next = request.address.redirected(to: location) else {
                    throw DeliveryFailure("it was redirected to no address that messages are sent to")
                }
                request.address = next
            }
        }
        throw DeliveryFailure("it was redirected more than \(Self.mostRedirects) times")
    }

    private enum Answer: Sendable {
        case reply(WebReply)
        case redirect(String)
    }

    /// The next address is for when there was no connection: then nothing can have arrived.
    private func first(
        _ request: WebRequest, at addresses: ArraySlice<String>
    ) async throws(DeliveryFailure) -> Answer {
        var failure = Self.ended
        for address in addresses {
            do throws(DeliveryFailure) {
                return try await once(request, at: address)
            } catch {
                failure = error
                if error.mayHaveArrived { break }
            }
        }
        throw failure
    }

    private func once(_ request: WebRequest, at address: String) async throws(DeliveryFailure) -> Answer {
        let client = client(request.address.host, at: address)
        let result = await inTime { await Self.answer(to: request, client, limit) }
        // Its one connection is done with; what closing it says changes nothing.
        try? await client.shutdown()
        return try result.get()
    }

    /// The client's own deadline ends with the head of an answer: a body that trickles would go on for ever.
    private func inTime(
        _ body: @escaping @Sendable () async -> Result<Answer, DeliveryFailure>
    ) async -> Result<Answer, DeliveryFailure> {
        await withTaskGroup(of: Result<Answer, DeliveryFailure>?.self) { group in
            group.addTask { await body() }
            group.addTask { [limit] in
                let isOver = (try? await Task.sleep(for: .nanoseconds(limit.nanoseconds))) != nil
                return isOver ? .failure(Self.late(limit)) : nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            let second = await group.next() ?? nil
            return first ?? second ?? .failure(Self.ended)
        }
    }

    /// A client of its own for each message: the address that a name stands for is a setting of the client.
    private func client(_ host: String, at address: String) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        configuration.timeout.read = limit
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [host: address]
        // The environment's proxy would connect to a name that nobody checked.
        configuration.proxy = nil
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static func answer(
        to request: WebRequest, _ client: HTTPClient, _ limit: TimeAmount
    ) async -> Result<Answer, DeliveryFailure> {
        var message = HTTPClientRequest(url: request.address.text)
        message.method = .POST
        for (name, value) in request.headers { message.headers.add(name: name, value: value) }
        message.headers.add(name: "User-Agent", value: "martlet")
        message.body = .bytes(ByteBuffer(bytes: request.body))
        do {
            let response = try await client.execute(message, timeout: limit)
            if [301, 302, 307, 308].contains(response.status.code) {
                return .success(.redirect(response.headers.first(name: "Location") ?? ""))
            }
            if request.needsStatusOnly {
                return .success(.reply(WebReply(status: Int(response.status.code), body: [])))
            }
            let body = try await response.body.collect(upTo: largestReply)
            return .success(.reply(WebReply(status: Int(response.status.code), body: Array(body.readableBytesView))))
        } catch {
            return .failure(failure(error, limit))
        }
    }

    private static func failure(_ error: any Error, _ limit: TimeAmount) -> DeliveryFailure {
        switch error {
        case let error as NIOConnectionError:
            return (error.connectionErrors.first?.error as? IOError).flatMap(noConnection)
                ?? DeliveryFailure("no connection: refused or unreachable")
        case let error as IOError:
            return noConnection(error) ?? DeliveryFailure("the connection failed", mayHaveArrived: true)
        case let error as HTTPClientError: return failure(error, limit)
        case is NIOTooManyBytesError:
            return DeliveryFailure("the answer is longer than \(largestReply >> 10) KiB", mayHaveArrived: true)
        case is CancellationError: return ended
        default: return DeliveryFailure("the connection failed: \(type(of: error))", mayHaveArrived: true)
        }
    }

    /// Nil when there was a connection.
    private static func noConnection(_ error: IOError) -> DeliveryFailure? {
        let codes = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL]
        guard codes.contains(error.errnoCode) else { return nil }
        return DeliveryFailure("no connection: \(String(cString: strerror(error.errnoCode)))")
    }

    private static func failure(_ error: HTTPClientError, _ limit: TimeAmount) -> DeliveryFailure {
        if error == .connectTimeout { return DeliveryFailure("no connection within 5 s") }
        if error == .cancelled { return ended }
        if error == .deadlineExceeded || error == .readTimeout {
            return late(limit)
        }
        return DeliveryFailure("the connection failed: \(error.shortDescription)", mayHaveArrived: true)
    }

    private static func late(_ limit: TimeAmount) -> DeliveryFailure {
        DeliveryFailure("no answer within \(limit.nanoseconds / 1_000_000_000) s", mayHaveArrived: true)
    }

    private static let ended = DeliveryFailure("the server ended while it was sent", mayHaveArrived: true)
}
