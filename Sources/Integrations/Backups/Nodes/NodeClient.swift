import AsyncHTTPClient
import Foundation
import MartletCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// How a controller reaches its nodes.
package struct NodeAccess: Sendable, Hashable {
    /// Every agent listens on it.
    package var port = 9002
    /// File with the token that the agents want; nil: none is sent.
    package var tokenFile: String?
    /// File with the certificates that may have signed the agents'; nil: no TLS.
    package var authority: String?

    package init() {}
}

/// Why a call was not possible: the node does not answer.
struct NodeDown: Error {}

/// Calls the agents, and nobody else: addresses come from the inventory.
final class NodeClient: Sendable {
    /// For a call that is answered at once.
    static let limit = TimeAmount.seconds(10)
    private static let largestReply = 64 << 20

    private let access: NodeAccess
    private let client: HTTPClient

    /// Throws `invalid` when the certificates cannot be read.
    init(_ access: NodeAccess) throws(MartletError) {
        self.access = access
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        // The limit of a call ends with the head of its answer: a body that stalls is given up, too.
        configuration.timeout.read = .seconds(65)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        // The environment's proxy has no business between a controller and its nodes.
        configuration.proxy = nil
        if let authority = access.authority {
            do {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
                tls.minimumTLSVersion = .tlsv12
                configuration.tlsConfiguration = tls
            } catch {
                throw MartletError(
                    .invalid, "backups.agentCA: \(authority) holds no certificates in PEM form: \(error)")
            }
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async { try? await client.shutdown() }

    struct Call: Sendable {
        var method = HTTPMethod.GET
        /// With its query.
        var path: String
        var body: JSONValue?
        var idempotencyKey: String?
        var limit = NodeClient.limit
    }

    /// The agent's answer. Its refusals are thrown as they are; `unavailable`: it did not answer.
    func call(_ address: String, _ call: Call) async throws(MartletError) -> JSONValue {
        var request = HTTPClientRequest(
            url: "\(access.authority == nil ? "http" : "https")://\(address):\(access.port)\(call.path)")
        request.method = call.method
        request.headers.add(name: "User-Agent", value: "martlet-controller")
        // Read anew each time: a new token needs no restart.
        if let file = access.tokenFile {
            guard let token = try? TokenFile.read(file) else {
                throw MartletError(
                    .unavailable, "the controller cannot use the file of the agents' token (backups.agentToken)",
                    cause: NodeDown())
            }
            request.headers.add(name: "Authorization", value: "Bearer \(token.exposed)")
        }
        if let key = call.idempotencyKey { request.headers.add(name: "Idempotency-Key", value: key) }
        if let body = call.body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: SpecCoding.text(body)))
        }
        let status: Int
        let reply: JSONValue
        do {
            let response = try await client.execute(request, timeout: call.limit)
            status = Int(response.status.code)
            let body = try await response.body.collect(upTo: Self.largestReply)
            reply = (try? JSONParser.parse(Array(body.readableBytesView))) ?? .null
        } catch {
            throw MartletError(
                .unavailable, "the agent does not answer: \(Self.words(error))", cause: NodeDown())
        }
        guard (200..<300).contains(status) else { throw Self.refusal(status, reply) }
        return reply
    }

    /// As the agent said it. What only its own caller can mend is no fault of whoever asked the controller.
    private static func refusal(_ status: Int, _ reply: JSONValue) -> MartletError {
        let members = reply.object ?? [:]
        // Something else may listen there: its answers mean nothing.
        guard members["code"]?.string != nil else {
            return MartletError(
                .unavailable, "what answers there is no agent: it answered \(status)", cause: NodeDown())
        }
        let detail = String((members["detail"]?.string ?? "it answered \(status)").prefix(2000))
        let problems = (members["errors"]?.array ?? []).prefix(100).map { entry in
            FieldProblem(
                field: entry.object?["field"]?.string ?? "", problem: entry.object?["problem"]?.string ?? "")
        }
        switch status {
        case 400: return MartletError(.invalid, detail, problems: Array(problems))
        case 404: return MartletError(.notFound, detail)
        case 409: return MartletError(.conflict, detail)
        case 422: return MartletError(.mismatch, detail)
        case 401:
            return MartletError(.unavailable, "the agent does not take the controller's token (backups.agentToken)")
        default: return MartletError(.unavailable, "the agent refused: \(detail)")
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as NIOConnectionError:
            (error.connectionErrors.first?.error as? IOError).map { String(cString: strerror($0.errnoCode)) }
                ?? "no connection"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is NIOSSLError: "its certificate is not of backups.agentCA, or is for another address"
        default: "\(type(of: error))"
        }
    }
}
