import Foundation
package import HTTPTypes
import Hummingbird
package import MartletCore
import NIOCore
import NIOSSL

extension Call {
    static let largestBody = 1 << 20

    /// The body's bytes; only JSON is taken.
    func jsonBytes() async throws -> [UInt8] {
        guard Self.isJSON(request.headers[.contentType]), request.headers[.contentEncoding] == nil else {
            throw Problem.notJSON
        }
        return try await bytes()
    }

    /// The bytes of a JSON merge patch, under its own type or as plain JSON.
    func patchBytes() async throws -> [UInt8] {
        if Self.type(request.headers[.contentType]) == "application/merge-patch+json" {
            guard request.headers[.contentEncoding] == nil else { throw Problem.notJSON }
            return try await bytes()
        }
        return try await jsonBytes()
    }

    /// The body's value, or nil when there is none. `limit`: the most bytes that are taken; nil: as everywhere.
    package func optionalJSON(upTo limit: Int? = nil) async throws -> JSONValue? {
        let bytes = try await bytes(upTo: limit ?? Self.largestBody)
        if bytes.isEmpty { return nil }
        guard Self.isJSON(request.headers[.contentType]), request.headers[.contentEncoding] == nil else {
            throw Problem.notJSON
        }
        return try Self.parse(bytes)
    }

    private func bytes(upTo limit: Int = largestBody) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw Problem.tooLarge
        }
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch let error as NIOSSLError {
            // As the end of a connection in the midst of a body is told under TLS: the caller's doing.
            throw MartletError(.invalid, "the body broke off", cause: error)
        }
    }

    static func parse(_ bytes: [UInt8]) throws(MartletError) -> JSONValue {
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw MartletError(
                .invalid, "the body is not valid JSON",
                problems: [FieldProblem(field: "", problem: "\(error)")])
        }
    }

    private static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        return contentType == "application/json" || type(contentType) == "application/json"
    }

    /// Without its parameters.
    private static func type(_ contentType: String?) -> String? {
        contentType.map { $0.prefix { $0 != ";" }.lowercased().trimming(" ") }
    }

    /// The `Idempotency-Key` with the body it belongs to. The key may be quoted, as the structured form has it.
    /// The same value is the same body: a client need not repeat its order of keys.
    package func idempotency(_ body: JSONValue) throws -> IdempotencyRecord? {
        try request.idempotency(body, scope: principal.keyScope)
    }

    /// `Prefer: wait=N` in seconds (RFC 7240), capped; other preferences are ignored, as the RFC wants.
    package var preferredWait: TimeSpan? {
        guard let prefer = request.headers[.prefer] else { return nil }
        for preference in prefer.split(separator: ",") {
            let pair = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased().trimming(" ") == "wait" else { continue }
            guard let seconds = Int64(String(pair[1]).trimming(" \"")), seconds > 0 else { return nil }
            return .seconds(min(seconds, 300))
        }
        return nil
    }
}

extension Request {
    static let longestIdempotencyKey = 256

    /// `scope` keeps the keys of one kind of call apart from all others.
    func idempotency(_ body: JSONValue, scope: String) throws -> IdempotencyRecord? {
        guard var key = headers[.idempotencyKey] else { return nil }
        if key.count >= 2, key.hasPrefix("\""), key.hasSuffix("\"") { key = String(key.dropFirst().dropLast()) }
        guard (1...Self.longestIdempotencyKey).contains(key.utf8.count) else {
            throw Problem.invalid("Idempotency-Key", "must be 1 to \(Self.longestIdempotencyKey) bytes")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return IdempotencyRecord(key: scope + key, body: Array(try encoder.encode(body)))
    }
}

extension String {
    func trimming(_ characters: String) -> String {
        var text = self[...]
        while let first = text.first, characters.contains(first) { text.removeFirst() }
        while let last = text.last, characters.contains(last) { text.removeLast() }
        return String(text)
    }
}

extension HTTPField.Name {
    static let idempotencyKey = known("Idempotency-Key")
    package static let idempotentReplayed = known("Idempotent-Replayed")
    static let nomadToken = known("X-Nomad-Token")
    static let consulToken = known("X-Consul-Token")
    static let prefer = known("Prefer")
    static let preferenceApplied = known("Preference-Applied")
    static let rateLimit = known("RateLimit")
    static let rateLimitPolicy = known("RateLimit-Policy")
    static let requestID = known("X-Request-Id")
    /// The run behind a facade's answer.
    package static let run = known("X-Martlet-Run")
    /// Ids of a facade's that stand for runs which were under way already.
    package static let joined = known("X-Martlet-Joined")
    static let secFetchSite = known("Sec-Fetch-Site")
    package static let lastEventID = known("Last-Event-ID")
    static let link = known("Link")
    static let traceparent = known("traceparent")
    static let tracestate = known("tracestate")

    /// For names written here, which are tokens.
    package static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
        return field
    }
}
