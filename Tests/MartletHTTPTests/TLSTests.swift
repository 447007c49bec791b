import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1
import NIOSSL
import Testing

@testable import MartletHTTP

@Suite struct TLSTests {
    /// Certificates that `openssl` makes, in a directory of their own.
    private final class Certificates: Sendable {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")

        init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: directory) }

        func path(_ name: String) -> String { directory.appending(path: name).path }

        /// `<name>.crt` and `<name>.key`, for 127.0.0.1.
        func make(_ name: String) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/openssl")
            process.arguments = [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path("\(name).key"),
                "-out", path("\(name).crt"),
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }

        /// Puts a pair in place as the one that is served.
        func serve(_ name: String) throws {
            for kind in ["crt", "key"] {
                let data = try Data(contentsOf: directory.appending(path: "\(name).\(kind)"))
                try data.write(to: directory.appending(path: "served.\(kind)"), options: .atomic)
            }
        }

        var served: Listener.Certificate { .init(chain: path("served.crt"), key: path("served.key")) }
    }

    /// Whether a client that trusts this certificate alone gets an answer.
    private func answers(_ port: Int, trusting certificate: String) async throws -> Bool {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(300)
        configuration.tlsConfiguration = .makeClientConfiguration()
        configuration.tlsConfiguration?.trustRoots = .file(certificate)
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        defer { Task { try await client.shutdown() } }
        do {
            let request = HTTPClientRequest(url: "https://127.0.0.1:\(port)/livez")
            return try await client.execute(request, timeout: .seconds(300)).status == .ok
        } catch is NIOSSLError {
            return false
        } catch is NIOSSLExtraError {
            return false
        }
    }

    @Test func `a certificate is replaced while the server runs, and a bad one changes nothing`() async throws {
        let files = try Certificates()
        try files.make("one")
        try files.make("two")
        try files.serve("one")
        let certificate = try ServerCertificate(files.served)
        let listener = try Listener(
            ["address": "127.0.0.1:0", "tls": ["certificate": "x", "key": "y"]], at: "listen",
            problems: Fields.Problems())
        let api = try await LiveAPI(listener: listener, certificate: certificate)
        #expect(try await answers(api.port, trusting: files.path("one.crt")))
        #expect(try await !answers(api.port, trusting: files.path("two.crt")))

        try files.serve("two")
        try certificate.reload()
        #expect(try await answers(api.port, trusting: files.path("two.crt")))
        #expect(try await !answers(api.port, trusting: files.path("one.crt")))

        try Data("no certificate".utf8).write(to: URL(filePath: files.served.chain))
        #expect(throws: MartletError.self) { try certificate.reload() }
        #expect(try await answers(api.port, trusting: files.path("two.crt")))
    }

    @Test func `by TLS only a cookie of this host counts`() async throws {
        let files = try Certificates()
        try files.make("one")
        try files.serve("one")
        let listener = try Listener(
            ["address": "127.0.0.1:0", "tls": ["certificate": "x", "key": "y"]], at: "listen",
            problems: Fields.Problems())
        let api = try await LiveAPI(listener: listener, certificate: try ServerCertificate(files.served))
        let login = try #require(try await api.tokens.logIn(token: Secret(LiveAPI.token)))
        let mark = api.tokens.sessions.mark(of: login.secret)
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(300)
        configuration.tlsConfiguration = .makeClientConfiguration()
        configuration.tlsConfiguration?.trustRoots = .file(files.path("one.crt"))
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        defer { Task { try await client.shutdown() } }
        for (name, status) in [("__Host-martlet_\(api.port)", 200), ("martlet_\(api.port)", 401)] {
            var request = HTTPClientRequest(url: "https://127.0.0.1:\(api.port)/api/session")
            request.headers.add(name: "Cookie", value: "\(name)=\(login.secret.exposed)")
            request.headers.add(name: "X-Martlet-Console", value: mark)
            #expect(try await client.execute(request, timeout: .seconds(300)).status.code == status, "\(name)")
        }
    }

    @Test func `a key of another certificate is refused before anybody connects`() throws {
        let files = try Certificates()
        try files.make("one")
        try files.make("two")
        let mixed = Listener.Certificate(chain: files.path("one.crt"), key: files.path("two.key"))
        #expect(throws: MartletError.self) { try ServerCertificate(mixed) }
        #expect(throws: MartletError.self) {
            try ServerCertificate(.init(chain: files.path("none.crt"), key: files.path("one.key")))
        }
    }
}
