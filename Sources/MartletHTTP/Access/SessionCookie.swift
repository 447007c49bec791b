import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Where a browser keeps its session: out of reach of scripts and of other sites.
struct SessionCookie: Sendable {
    /// The port is in the name: browsers keep one jar for all ports of a host.
    let name: String
    let isSecure: Bool

    init(port: Int?, isSecure: Bool) {
        name = "martlet_\(port ?? 0)"
        self.isSecure = isSecure
    }

    /// A call by cookie carries this header, which no form and no link of another page can send.
    static let mark = HTTPField.Name.known("X-Martlet-Console")

    func holding(_ secret: Secret) -> String {
        "\(name)=\(secret.exposed); Max-Age=\(Sessions.longest.milliseconds / 1000); \(attributes)"
    }

    var cleared: String { "\(name)=; Max-Age=0; \(attributes)" }

    private var attributes: String { "Path=/; HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")" }

    /// The session that a request carries; nil without one.
    func secret(in request: Request) -> Secret? {
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, String(parts[0]).trimming(" ") == name else { continue }
                return Secret(String(parts[1]).trimming(" \""))
            }
        }
        return nil
    }
}

extension Request {
    /// Whether a page of our own may have sent it. Browsers say where a request comes from; other programs say nothing.
    private var isOfOwnPage: Bool {
        guard let site = headers[.secFetchSite] else { return true }
        return site == "same-origin" || method == .get && site == "none"
    }

    var hasConsoleMark: Bool { headers[SessionCookie.mark] != nil }

    /// A session counts for reading the native API; for everything else only with the mark of our own pages.
    func mayUseSession(isNative: Bool) -> Bool {
        guard isOfOwnPage else { return false }
        if isNative, [.get, .head].contains(method) { return true }
        return hasConsoleMark
    }
}
