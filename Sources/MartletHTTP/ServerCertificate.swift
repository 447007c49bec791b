import Foundation
package import MartletCore
import NIOCore
import NIOSSL
import Synchronization

/// A listener's certificate: read anew by ``reload()``, used by every handshake after it. Connections that exist keep
/// theirs.
package final class ServerCertificate: Sendable {
    private struct Material: Sendable {
        let chain: [NIOSSLCertificateSource]
        let key: NIOSSLPrivateKeySource
    }

    private let files: Listener.Certificate
    private let material: Mutex<Material>

    /// Throws `invalid` naming the file.
    package init(_ files: Listener.Certificate) throws(MartletError) {
        self.files = files
        material = Mutex(try Self.read(files))
    }

    /// The last good certificate stays when the files cannot be used.
    package func reload() throws(MartletError) {
        let fresh = try Self.read(files)
        material.withLock { $0 = fresh }
    }

    /// TLS 1.2 and later.
    var configuration: TLSConfiguration {
        let first = material.withLock { $0 }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.chain, privateKey: first.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.sslContextCallback = { [self] _, promise in
            let now = material.withLock { $0 }
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = now.chain
            override.privateKey = now.key
            promise.succeed(override)
        }
        return configuration
    }

    private static func read(_ files: Listener.Certificate) throws(MartletError) -> Material {
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        do {
            chain = try NIOSSLCertificate.fromPEMFile(files.chain)
        } catch {
            throw wrong("certificate", files.chain, error)
        }
        do {
            key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            // A key that belongs to another certificate is found here, and not by the first client.
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
        } catch {
            throw wrong("key", files.key, error)
        }
        return Material(chain: chain.map { .certificate($0) }, key: .privateKey(key))
    }

    private static func wrong(_ field: String, _ file: String, _ error: any Error) -> MartletError {
        MartletError(
            .invalid, "the TLS files of a listener cannot be used",
            problems: [
                FieldProblem(field: "listen.tls.\(field)", problem: "\(file) holds no PEM \(field) that fits: \(error)")
            ])
    }
}
