import AsyncHTTPClient
import Foundation
package import MartletCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Keys in a real Consul, over its HTTP API. Throws `unavailable` when it does not answer, or not as Consul does.
package final class ConsulStore: CheckpointStore {
    private static let limit = Duration.seconds(10)
    /// Base64 and names around the values.
    private static let largestReply = CheckpointEntry.largestList * 3 / 2

    private let settings: ConsulSettings
    private let client: HTTPClient

    /// Throws `invalid` when the certificates cannot be read.
    package init(_ settings: ConsulSettings) throws(MartletError) {
        self.settings = settings
        client = try Self.clients.withLock { clients throws(MartletError) in
            if let client = clients[settings.authority] { return client }
            let client = try Self.client(settings.authority)
            clients[settings.authority] = client
            return client
        }
    }

    /// By the file of trusted certificates. They live as long as the program.
    private static let clients = Mutex<[String?: HTTPClient]>([:])

    private static func client(_ authority: String?) throws(MartletError) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        // Each call that waits holds one, and as many as the server lets wait must leave some to those that do not.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1200
        // The environment's proxy has no business between this server and its Consul.
        configuration.proxy = nil
        if let authority {
            do {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
                tls.minimumTLSVersion = .tlsv12
                configuration.tlsConfiguration = tls
            } catch {
                throw MartletError(.invalid, "consul.ca: \(authority) holds no certificates in PEM form: \(error)")
            }
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    // MARK: Reading

    package func entry(_ key: String, _ wait: CheckpointWait?) async throws -> Indexed<CheckpointEntry?> {
        let found: Indexed<[WireEntry]> = try await read(key, [:], wait)
        return Indexed(found.value.first?.entry, found.index)
    }

    package func entries(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[CheckpointEntry]> {
        let found: Indexed<[WireEntry]> = try await read(prefix, ["recurse": ""], wait)
        return Indexed(found.value.map(\.entry), found.index)
    }

    package func keys(under prefix: String, _ wait: CheckpointWait?) async throws -> Indexed<[String]> {
        try await read(prefix, ["keys": ""], wait)
    }

    private func read<Element: Decodable & Sendable>(
        _ key: String, _ query: [String: String], _ wait: CheckpointWait?
    ) async throws -> Indexed<[Element]> {
        var query = query
        var limit = Self.limit
        if let wait {
            let milliseconds = max(
                1, wait.limit.components.seconds * 1000 + wait.limit.components.attoseconds / 1_000_000_000_000_000)
            query["index"] = String(wait.index)
            query["wait"] = "\(milliseconds)ms"
            // Consul adds a sixteenth of its own.
            limit += wait.limit + wait.limit / 16
        }
        let reply = try await call(.GET, key, query, nil, within: limit)
        guard [200, 404].contains(reply.status) else { throw refusal(reply) }
        guard let index = reply.headers.first(name: "X-Consul-Index").flatMap({ Int64($0) }) else {
            throw foreign("its answer has no X-Consul-Index")
        }
        if reply.status == 404 { return Indexed([], index) }
        do {
            return Indexed(try JSONDecoder().decode([Element].self, from: Data(reply.body)), index)
        } catch {
            throw foreign("its answer is not Consul's JSON")
        }
    }

    // MARK: Writing

    package func put(_ key: String, _ value: [UInt8], flags: UInt64, ifIndex: Int64?) async throws -> Bool {
        var query = ["flags": String(flags)]
        query["cas"] = ifIndex.map { String($0) }
        return try await change(.PUT, key, query, value)
    }

    package func delete(_ key: String, ifIndex: Int64?) async throws -> Bool {
        try await change(.DELETE, key, ifIndex.map { ["cas": String($0)] } ?? [:], nil)
    }

    package func delete(under prefix: String) async throws {
        _ = try await change(.DELETE, prefix, ["recurse": ""], nil)
    }

    private func change(_ method: HTTPMethod, _ key: String, _ query: [String: String], _ body: [UInt8]?) async throws
        -> Bool
    {
        let reply = try await call(method, key, query, body, within: Self.limit)
        guard reply.status == 200 else { throw refusal(reply) }
        switch String(decoding: reply.body, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) {
        case "true":
            // No transaction of ours carries the record of an audited call.
            AuditScope.current?.note("key \(key)")
            return true
        case "false": return false
        default: throw foreign("its answer is neither true nor false")
        }
    }

    // MARK: Calls

    private struct Reply {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    private func call(
        _ method: HTTPMethod, _ key: String, _ query: [String: String], _ body: [UInt8]?, within limit: Duration
    ) async throws -> Reply {
        let items = query.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }
        let path = key.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? ""
        var request = HTTPClientRequest(
            url: "\(settings.address)/v1/kv/\(path)" + (items.isEmpty ? "" : "?" + items.joined(separator: "&")))
        request.method = method
        request.headers.add(name: "User-Agent", value: "martlet")
        if let file = settings.tokenFile { request.headers.add(name: "X-Consul-Token", value: try Self.token(file)) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let deadline = NIODeadline.now() + .milliseconds(Int64(limit / .milliseconds(1)))
        do {
            return try await inTime(limit) { [client, request] in
                let response = try await client.execute(request, deadline: deadline)
                let buffer = try await response.body.collect(upTo: Self.largestReply)
                return Reply(
                    status: Int(response.status.code), headers: response.headers, body: Array(buffer.readableBytesView))
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try Task.checkCancellation()
            throw foreign(Self.words(error))
        }
    }

    private static let plain = CharacterSet(
        charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")

    /// The client's own deadline ends with the head of an answer: a body that trickles would go on for ever.
    private func inTime<Value: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: limit + .seconds(1))
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    /// Read anew each time: a new token needs no restart.
    private static func token(_ file: String) throws(MartletError) -> String {
        let text = FileManager.default.contents(atPath: file).map { String(decoding: $0.prefix(4096), as: UTF8.self) }
        let token = (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw MartletError(.unavailable, "consul.tokenFile: \(file) cannot be read or holds no token in one line")
        }
        return token
    }

    // MARK: What goes wrong

    private func foreign(_ why: String) -> MartletError {
        MartletError(.unavailable, "Consul at \(settings.address) does not serve keys: \(why)")
    }

    private func refusal(_ reply: Reply) -> MartletError {
        let text = String(decoding: reply.body.prefix(500), as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines)
        return foreign("it answered \(reply.status)" + (text.isEmpty ? "" : ": \(text)"))
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case let error as NIOConnectionError:
            (error.connectionErrors.first?.error as? IOError).map { String(cString: strerror($0.errnoCode)) }
                ?? "no connection"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is NIOTooManyBytesError: "its answer is longer than \(largestReply >> 20) MiB"
        case is NIOSSLError: "its certificate is not of consul.ca, or is for another address"
        default: "\(type(of: error))"
        }
    }
}

/// An entry as Consul writes it; a value is base64, or null when it is empty.
private struct WireEntry: Decodable {
    let key: String
    let value: Data?
    let flags: UInt64
    let createIndex: Int64
    let modifyIndex: Int64
    let lockIndex: Int64?

    private enum CodingKeys: String, CodingKey {
        case key = "Key"
        case value = "Value"
        case flags = "Flags"
        case createIndex = "CreateIndex"
        case modifyIndex = "ModifyIndex"
        case lockIndex = "LockIndex"
    }

    var entry: CheckpointEntry {
        CheckpointEntry(
            key: key, value: value.map { Array($0) } ?? [], flags: flags, createIndex: createIndex,
            modifyIndex: modifyIndex, lockIndex: lockIndex ?? 0)
    }
}
