package import MartletCore

/// Where to listen: `HOST:PORT`, `[::1]:8080`, or `:8080` for loopback.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    package let host: String
    /// 0: any free port.
    package let port: Int

    package init(_ text: String) throws(MartletError) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { throw Self.wrong(text, "must be HOST:PORT, such as 127.0.0.1:8080") }
        let host = text[..<colon].trimmingBrackets
        self.host = host.isEmpty ? "127.0.0.1" : host
        self.port = port
    }

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func wrong(_ text: String, _ problem: String) -> MartletError {
        MartletError(
            .invalid, "cannot listen on \(text.prefix(200))",
            problems: [FieldProblem(field: "listen", problem: problem)])
    }

    /// As it stands in a URL or a `Host` header.
    package var urlHost: String { host.contains(":") ? "[\(host)]" : host }
    package var description: String { "\(urlHost):\(port)" }
}

extension Substring {
    fileprivate var trimmingBrackets: String {
        hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self)
    }
}
