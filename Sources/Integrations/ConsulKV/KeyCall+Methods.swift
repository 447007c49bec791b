import GoWire
import HTTPTypes
import HummingbirdCore
import MartletCore
import MartletHTTP

/// What each method does.
extension KeyCall {
    // MARK: GET

    func entry() async throws -> KeyReply {
        let key = try named()
        try demand(covers(key))
        let found = try await watching { [store] in try await store.entry(key, $0) }
        guard let entry = found.value else { return Self.missing(found.index) }
        return KeyReply(content: has("raw") ? .raw(entry.value) : .entries([entry]), index: found.index)
    }

    func tree() async throws -> KeyReply {
        let found = try await watching { [store, key] in try await store.entries(under: key, $0) }
        let entries = found.value.filter { covers($0.key) }
        return entries.isEmpty ? Self.missing(found.index) : KeyReply(content: .entries(entries), index: found.index)
    }

    func keys() async throws -> KeyReply {
        let found = try await watching { [store, key] in try await store.keys(under: key, $0) }
        let keys = Self.folded(found.value.filter(covers), under: key, query["separator"] ?? query["seperator"])
        if keys.isEmpty, !key.isEmpty { return Self.missing(found.index) }
        return KeyReply(content: .keys(keys), index: found.index)
    }

    /// Up to the next separator behind the prefix, each once.
    private static func folded(_ keys: [String], under prefix: String, _ separator: String?) -> [String] {
        guard let separator, !separator.isEmpty else { return keys }
        var folded: [String] = []
        for key in keys {
            let (start, mark) = (prefix.utf8.count, Array(separator.utf8))
            let bytes = Array(key.utf8)
            let place = bytes.indices.dropFirst(start).first { bytes[$0...].starts(with: mark) }
            let head = place.map { String(decoding: bytes[..<($0 + mark.count)], as: UTF8.self) } ?? key
            if folded.last != head { folded.append(head) }
        }
        return folded
    }

    private static func missing(_ index: Int64) -> KeyReply {
        KeyReply(content: .nothing, index: index, status: .notFound)
    }

    // MARK: PUT

    func put() async throws -> KeyReply {
        let key = try named()
        try refuse(conflicting: ["cas", "acquire", "release"])
        for name in ["acquire", "release"] where has(name) {
            throw KeyRefusal(.badRequest, "sessions are not there on this server: leave out ?\(name)")
        }
        try demand(covers(key))
        let flags = try number("flags") ?? 0
        let index = try number("cas").map { Int64(clamping: $0) }
        let value = try await value()
        return KeyReply(content: .flag(try await store.put(key, value, flags: flags, ifIndex: index)))
    }

    private func value() async throws -> [UInt8] {
        let limit = CheckpointEntry.largestValue
        if let value = try await call.body(upTo: limit) { return value }
        let size = call.request.headers[.contentLength] ?? "more than \(limit)"
        throw KeyRefusal(
            .contentTooLarge,
            "Request body(\(size) bytes) too large, max size: \(limit) bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size."
        )
    }

    // MARK: DELETE

    func delete() async throws -> KeyReply {
        try refuse(conflicting: ["recurse", "cas"])
        if has("recurse") {
            let tree = try ownTree()
            if rights.isRestricted {
                // Ids of jobs may have slashes: below one job's keys another's may be.
                try demand(try await store.keys(under: tree, nil).value.allSatisfy(covers))
            }
            try await store.delete(under: tree)
            return KeyReply(content: .flag(true))
        }
        let key = try named()
        try demand(covers(key))
        let index = try number("cas").map { Int64(clamping: $0) }
        return KeyReply(content: .flag(try await store.delete(key, ifIndex: index)))
    }

    // MARK: Parameters

    private func named() throws(KeyRefusal) -> String {
        guard !key.isEmpty else { throw KeyRefusal(.badRequest, "Missing key name") }
        return key
    }

    private func number(_ name: String) throws(KeyRefusal) -> UInt64? {
        guard has(name) else { return nil }
        guard let number = UInt64(query[name] ?? "") else {
            throw KeyRefusal(.badRequest, "?\(name) must be a whole number, as in ?\(name)=42")
        }
        return number
    }

    private func refuse(conflicting names: [String]) throws(KeyRefusal) {
        let given = names.filter(has)
        if given.count > 1 { throw KeyRefusal(.badRequest, "Conflicting flags: \(given.joined(separator: "&"))") }
    }
}
