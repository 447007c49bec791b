import HTTPTypes
import MartletCore
import MartletEngine

/// Holds back callers that ask too often, and addresses that try tokens.
struct RequestLimits: Sendable {
    private enum Caller: Sendable, Hashable {
        case admin
        case token(String)
        case address(String)
    }

    private let requests = RateLimiter<Caller>()
    private let guesses = RateLimiter<String>()

    /// Headers for the answer. Throws `tooMany`. `isGuess`: a token was presented, and it is nobody's; or a password is.
    func admit(
        _ principal: Principal?, isGuess: Bool, from address: String?, _ settings: EngineSettings,
        at now: ContinuousClock.Instant = .now
    ) throws(Problem) -> HTTPFields {
        if isGuess, settings.wrongTokensPerMinute > 0 {
            let rate = RateLimiter<String>.Rate(count: settings.wrongTokensPerMinute, window: .seconds(60))
            let answer = guesses.take(address ?? "", rate, at: now)
            let headers = Self.headers("wrong-tokens", answer.left, answer.wait, rate.count, 60)
            if !answer.isWelcome {
                throw Self.tooMany(
                    "this address presented too many wrong tokens or passwords (limits.wrongTokens)", headers,
                    answer.wait)
            }
        }
        guard settings.requestsPerSecond > 0, let caller = Self.caller(principal, address) else { return [:] }
        let rate = RateLimiter<Caller>.Rate(count: settings.requestsPerSecond, window: .seconds(1))
        let answer = requests.take(caller, rate, at: now)
        let headers = Self.headers("requests", answer.left, answer.wait, rate.count, 1)
        if answer.isWelcome { return headers }
        throw Self.tooMany("this caller asks more often than limits.requests permits", headers, answer.wait)
    }

    /// Nil: not limited. Who can read the admin token on the machine itself can do more harm than ask often, and
    /// legacy clients on it know no tokens.
    private static func caller(_ principal: Principal?, _ address: String?) -> Caller? {
        switch principal?.identity {
        case .token(let id): .token(id)
        case .admin: isLoopback(address) ? nil : .admin
        case .anonymous, nil: isLoopback(address) ? nil : .address(address ?? "")
        }
    }

    private static func isLoopback(_ address: String?) -> Bool {
        guard let address else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }

    private static func tooMany(_ detail: String, _ headers: HTTPFields, _ wait: Duration) -> Problem {
        var headers = headers
        headers[.retryAfter] = String(seconds(wait))
        return Problem(.tooMany, detail, headers: headers)
    }

    /// As the IETF's draft "RateLimit header fields for HTTP" has them.
    private static func headers(_ policy: String, _ left: Int, _ wait: Duration, _ count: Int, _ window: Int)
        -> HTTPFields
    {
        [
            .rateLimitPolicy: "\"\(policy)\";q=\(count);w=\(window)",
            .rateLimit: "\"\(policy)\";r=\(left);t=\(seconds(wait))",
        ]
    }

    private static func seconds(_ wait: Duration) -> Int { Int(wait.inSeconds.rounded(.up)) }
}
