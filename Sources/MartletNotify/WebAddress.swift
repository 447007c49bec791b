import Foundation

/// An address that a message may be posted to: http or https, with a host, without user and fragment.
struct WebAddress: Sendable, Hashable {
    /// With the host in lower case, as the client looks its address up.
    let text: String
    let scheme: String
    /// In lower case, an IPv6 address without its brackets.
    let host: String
    let port: Int

    init?(_ text: String) {
        guard text.utf8.count <= 4096, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host?.lowercased(), !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        parts.host = host
        guard let text = parts.string, let read = URL(string: text)?.host else { return nil }
        self.text = text
        self.scheme = scheme
        self.host = Self.bare(host)
        // What is checked under one name must not be connected to under another.
        guard Self.bare(read) == self.host else { return nil }
        port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { return nil }
    }

    private static func bare(_ host: String) -> String {
        host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    }

    /// What may be shown: no path, no query.
    var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(name)" + (port == (scheme == "https" ? 443 : 80) ? "" : ":\(port)")
    }

    /// Where a redirect leads, by RFC 3986; nil when that is no such address, or when it gives up TLS.
    func redirected(to location: String) -> WebAddress? {
        guard let base = URL(string: text), let url = URL(string: location, relativeTo: base)?.absoluteURL,
            let next = WebAddress(url.absoluteString), scheme == "http" || next.scheme == "https"
        else { return nil }
        return next
    }
}
