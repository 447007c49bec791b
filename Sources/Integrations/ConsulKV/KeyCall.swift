import Foundation
import GoWire
import HTTPTypes
import MartletCore
import MartletEngine
import MartletHTTP
import ServiceLifecycle

/// One call about keys.
struct KeyCall {
    static let usualWait = Duration.seconds(300)
    static let longestWait = Duration.seconds(600)

    let call: FacadeCall
    let store: any CheckpointStore
    let query: GoQuery
    /// Tells that the caller has gone; nil where nobody waits for that.
    let hangUp: HangUp?
    /// Decoded; empty: all keys are meant.
    let key: String
    let wait: CheckpointWait?

    init(_ call: FacadeCall, _ store: any CheckpointStore, _ query: GoQuery, _ hangUp: HangUp?) throws(KeyRefusal) {
        (self.call, self.store, self.query, self.hangUp) = (call, store, query, hangUp)
        guard let path = call.path.removingPercentEncoding else {
            throw KeyRefusal(.badRequest, "the path is not percent-encoded UTF-8")
        }
        key = String(path.dropFirst(KeysFacade.root.count))
        if let problem = CheckpointEntry.problem(withKey: key) { throw KeyRefusal(.badRequest, problem) }
        if query.names.isSuperset(of: ["stale", "consistent"]) {
            throw KeyRefusal(
                .badRequest, "Cannot specify ?stale with ?consistent, conflicting semantics.")
        }
        wait = try Self.wait(query)
    }

    /// Nil: the answer is wanted at once.
    private static func wait(_ query: GoQuery) throws(KeyRefusal) -> CheckpointWait? {
        var limit = usualWait
        if let text = query["wait"] {
            do throws(GoJSONError) {
                let asked = try GoDuration.nanoseconds(text)
                if asked > 0 { limit = min(.nanoseconds(asked), longestWait) }
            } catch {
                throw KeyRefusal(.badRequest, "Invalid wait time")
            }
        }
        guard let text = query["index"] else { return nil }
        guard let index = UInt64(text) else { throw KeyRefusal(.badRequest, "Invalid index") }
        if index == 0 { return nil }
        // Up to a sixteenth longer, so that many callers do not come back together.
        return CheckpointWait(after: Int64(clamping: index), for: limit + limit * Double.random(in: 0..<1.0 / 16))
    }

    func reply() async throws -> KeyReply {
        switch call.method {
        case .get, .head: return try await has("keys") ? keys() : has("recurse") ? tree() : entry()
        case .put: return try await put()
        case .delete: return try await delete()
        default:
            throw KeyRefusal(
                .methodNotAllowed, "method \(call.method.rawValue) not allowed", allowed: "GET,PUT,DELETE")
        }
    }

    func has(_ name: String) -> Bool { query.names.contains(name) }

    /// What `read` answers, as long as the caller is there and may have it.
    func watching<Value>(
        _ read: @escaping @Sendable (CheckpointWait?) async throws -> Indexed<Value>
    ) async throws -> Indexed<Value> {
        guard let wait else { return try await read(nil) }
        let place = try call.control.waitingPlace()
        defer { withExtendedLifetime(place) {} }
        let answer = try await cancelWhenGracefulShutdown { [hangUp] in
            try await withThrowingTaskGroup(of: Indexed<Value>?.self) { group in
                group.addTask { try await read(wait) }
                if let hangUp {
                    group.addTask {
                        await hangUp.wait()
                        return nil
                    }
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        }
        if call.watch.isOver { throw KeyRefusal(.forbidden, "Permission denied") }
        guard let answer else { throw CancellationError() }
        return answer
    }

    // MARK: Rights

    private static let ownKeys = "dtle/"
    var rights: Rights { call.principal.rights }

    /// Whether the caller's token reaches a key: a bound one reaches `dtle/JOB/…` of its jobs.
    func covers(_ key: String) -> Bool {
        guard rights.isRestricted else { return true }
        guard key.hasPrefix(Self.ownKeys) else { return false }
        let path = key.dropFirst(Self.ownKeys.count)
        return path.lastIndex(of: "/").map { covers(job: path[..<$0]) } ?? false
    }

    private func covers(job: Substring) -> Bool {
        !job.isEmpty && rights.covers(job: nil, labels: [NomadLabel.job: String(job)])
    }

    func demand(_ isAllowed: Bool) throws(KeyRefusal) {
        guard isAllowed else { throw KeyRefusal(.forbidden, "Permission denied") }
    }

    /// What the caller may remove of all that begins with the key: a bound token the keys of the job that is named.
    func ownTree() throws(KeyRefusal) -> String {
        guard rights.isRestricted else { return key }
        try demand(key.hasPrefix(Self.ownKeys))
        var job = key.dropFirst(Self.ownKeys.count)
        if job.hasSuffix("/") { job.removeLast() }
        try demand(covers(job: job))
        return "\(Self.ownKeys)\(job)/"
    }
}
