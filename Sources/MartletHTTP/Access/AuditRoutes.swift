import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine

/// Who did what.
enum AuditRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/api/audit", "List the audit trail, newest first; target narrows it", access: .server(.admin),
            .listAudit, list),
        Route(
            .get, "/api/audit/verify", "Check the whole chain; number and hash name a record noted before",
            access: .server(.admin), .verifyAudit, verify),
    ]

    @Sendable private static func list(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let limit = query.int("limit", in: 1...1000).map(Int.init) ?? 50
        let target = query.text("target")
        let cursor = query.text("cursor")
        try query.finish()
        let records = try await call.control.store.auditRecords(
            before: try cursor.map(Cursor.audit), target: target, limit: limit)
        let next = records.count == limit ? records.last.map { Cursor.text(auditBefore: $0.number) } : nil
        return .json(headers: Paging.link(to: next, call.request)) { json in
            json.array("items", records) { json, record in json.object { $0.members(of: record) } }
            json.field("next", next)
        }
    }

    @Sendable private static func verify(_ call: Call) async throws -> Response {
        var query = try QueryItems(call.request)
        let number = query.int("number", in: 1...Int64.max)
        let hash = query.text("hash")
        if (number == nil) != (hash == nil) { query.problem("hash", "number and hash belong together") }
        try query.finish()
        var verdict = try await call.control.store.verifyAudit()
        if verdict.problem == nil, let number, let hash {
            verdict.problem = try await mismatch(number, hash.lowercased(), call.control)
        }
        return .json { json in
            json.field("ok", verdict.problem == nil)
            json.field("records", Optional(verdict.records))
            json.field("problem", verdict.problem)
            json.field("number", verdict.head?.number)
            json.field("hash", verdict.head.map { Hex.text($0.hash) })
        }
    }

    /// What is wrong with a record that somebody noted elsewhere; nil: nothing.
    private static func mismatch(_ number: Int64, _ hash: String, _ control: Control) async throws -> String? {
        let found =
            number == .max ? [] : try await control.store.auditRecords(before: number + 1, target: nil, limit: 1)
        guard let record = found.first, record.number == number else {
            return "record \(number) is not in the trail"
        }
        return Hex.text(record.hash) == hash ? nil : "record \(number) has another hash: the chain was made anew"
    }
}

extension JSONWriter {
    fileprivate mutating func members(of record: AuditRecord) {
        let entry = record.entry
        field("number", Optional(record.number))
        field("at", record.at)
        field("caller", entry.caller)
        field("token", entry.token)
        field("address", entry.address)
        field("action", entry.action)
        field("target", entry.target)
        field("outcome", entry.outcome)
        field("requestId", entry.request)
        field("before", entry.before.map(Hex.text))
        field("after", entry.after.map(Hex.text))
        field("hash", Hex.text(record.hash))
    }
}
