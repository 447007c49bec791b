import Foundation
import HTTPTypes
import Hummingbird
import MartletCore

/// Keeps web pages of others out: a name that was re-bound to our address, and requests from foreign sites.
struct BrowserGuard: Sendable {
    /// Lower-case host names and addresses, without ports: a tunnel may change the port.
    private let hosts: Set<String>
    /// Those of them that somebody named, not the addresses that every machine has.
    private let configured: Set<String>

    /// `addresses`: the listeners' own.
    init(hosts names: [String], addresses: [String] = []) {
        let hosts = names + addresses
        configured = Set(names.map { $0.lowercased() })
        self.hosts = Set(hosts.map { $0.lowercased() } + ["localhost", "127.0.0.1", "[::1]"])
    }

    /// `own`: the address that the connection was made to; a name that was bound to it anew does not look like it.
    func check(_ request: Request, own: String?) throws(Problem) {
        guard let authority = request.head.authority, isOurs(authority, own) else {
            throw Problem(
                .wrongHost,
                "the Host header must be localhost, an address this server listens on, or a name in its setting hosts"
            )
        }
        if let origin = request.headers[.origin] {
            guard isOurs(origin: origin, authority) else { throw Self.foreign }
        } else if request.headers[.secFetchSite] == "cross-site" {
            throw Self.foreign
        }
    }

    private func isOurs(_ authority: String, _ own: String?) -> Bool {
        let host = Self.host(of: authority)
        if hosts.contains(host) || hosts.contains(host.lowercased()) { return true }
        guard let own else { return false }
        // An IPv4 caller of an IPv6 socket names the address that the socket has in another form.
        let address = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        return AddressRange.areSame(address, own)
    }

    /// Without the port: `[::1]:80` → `[::1]`.
    static func host(of authority: String) -> String {
        guard let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":")) else { return authority }
        if authority.utf8.last == UInt8(ascii: "]") { return authority }
        return String(authority[..<colon])
    }

    /// Ours, or a configured name: a proxy in front may rewrite the `Host`.
    private func isOurs(origin: String, _ authority: String) -> Bool {
        if origin == "http://" + authority || origin == "https://" + authority { return true }
        guard let start = origin.range(of: "://") else { return false }
        return configured.contains(Self.host(of: String(origin[start.upperBound...])).lowercased())
    }

    private static let foreign = Problem(
        .foreignSite, "requests from web pages of other sites are refused")
}
