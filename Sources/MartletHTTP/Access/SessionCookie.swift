import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Where a browser keeps its session: out of reach of scripts and of other sites.
struct SessionCookie: Sendable {
    /// Whether browsers reach us by TLS.
    private let isSecure: Bool
    /// Whether nobody reaches us without it: no proxy in front decides.
    private let isAlwaysSecure: Bool
    private let plainName: String

    /// The port is in the name: browsers keep one jar for all ports of a host.
    init(port: Int?, isSecure: Bool, isAlwaysSecure: Bool) {
        plainName = "martlet_\(port ?? 0)"
        self.isSecure = isSecure
        self.isAlwaysSecure = isAlwaysSecure
    }

    /// Browsers take a cookie of such a name by TLS alone, for every path, and from no other host.
    private var hostName: String { "__Host-" + plainName }

    private var name: String { isSecure ? hostName : plainName }

    /// A call by cookie carries this header, which no form and no link of another page can send. Its value is the mark of the
    /// session; before a login it is anything.
    static let mark = HTTPField.Name.known("X-Martlet-Console")

    func holding(_ login: Tokens.Login) -> String {
        "\(name)=\(login.secret.exposed); Max-Age=\(login.lasts.milliseconds / 1000); \(attributes)"
    }

    var cleared: String { "\(name)=; Max-Age=0; \(attributes)" }

    private var attributes: String { "Path=/; HttpOnly; SameSite=Strict\(isSecure ? "; Secure" : "")" }

    /// The session that a request carries; nil without one. Servers on other ports of the host may have put cookies of our
    /// name beside ours, before it even: the mark tells which session is the page's. A request without it, such as a link or
    /// a stream, counts as long as no two sessions are in force.
    func secret(in request: Request, _ sessions: Sessions) -> Secret? {
        let names = isAlwaysSecure ? [hostName] : [hostName, plainName]
        let held = names.map { Self.values(of: $0, in: request) }
        if let mark = request.headers[Self.mark] {
            return held.joined().first { sessions.mark(of: $0) == mark }
        }
        let valid = held.map { $0.filter(sessions.isInForce) }.first { !$0.isEmpty } ?? []
        return valid.count == 1 ? valid.first : nil
    }

    private static let length = Sessions.prefix.utf8.count + 64

    private static func values(of name: String, in request: Request) -> Set<Secret> {
        var values: Set<Secret> = []
        for header in request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, String(parts[0]).trimming(" ") == name else { continue }
                let value = String(parts[1]).trimming(" \"")
                if value.hasPrefix(Sessions.prefix), value.utf8.count == length { values.insert(Secret(value)) }
            }
        }
        return values
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
