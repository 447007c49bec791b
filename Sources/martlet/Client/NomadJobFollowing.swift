import Foundation
import MartletCore

/// How a registration turned out.
enum NomadJobVerdict: Sendable, Hashable {
    /// A service is up, or a batch has ended well.
    case good(String)
    case failed(String)
    /// There is no place for it now; it starts by itself when there is.
    case waits(String)

    var code: Int32 {
        switch self {
        case .good: 0
        case .failed: 1
        case .waits: 2
        }
    }

    var sentence: String {
        switch self {
        case .good(let text), .failed(let text), .waits(let text): text
        }
    }

    /// Nil: it is not decided yet. `job`: the answer about the whole job; `version`, `evaluation`: of the registration.
    init?(_ job: JSONValue, version: Int64, evaluation: String) {
        if job["stopped"].bool == true {
            self = .failed("the job was stopped")
            return
        }
        if let newer = job["version"].int, newer > version {
            self = .failed("version \(newer) of the job was registered meanwhile")
            return
        }
        let all = job["evaluations"].items
        guard let own = all.first(where: { $0["id"].string == evaluation }), own["status"] != "pending" else {
            return nil
        }
        if own["status"] == "failed" {
            self = .failed("the job could not be placed: \(own["description"].string ?? "")")
            return
        }
        let allocations = job["allocations"].items.filter { $0["version"].int == version && $0["desired"] == "run" }
        if let verdict = Self.end(of: job, allocations, version) {
            self = verdict
            return
        }
        let hasOpen = allocations.contains { ["pending", "running"].contains($0["status"].string) }
        guard !hasOpen || job["type"] != "batch", let blocked = all.first(where: { $0["status"] == "blocked" }) else {
            return nil
        }
        let reasons = (blocked["blockedBy"].object ?? [:]).sorted { $0.key < $1.key }
        self = .waits(
            "the job waits: " + reasons.map { "group \($0.key): \($0.value.string ?? "")" }.joined(separator: ", "))
    }

    private static func end(of job: JSONValue, _ allocations: [JSONValue], _ version: Int64) -> Self? {
        let states = allocations.compactMap { $0["status"].string }
        if job["type"] == "batch" {
            guard job["status"] == "dead" else { return nil }
            let bad = states.filter { $0 != "complete" }
            return bad.isEmpty
                ? .good("the job has ended well") : .failed("\(bad.count) of \(states.count) allocations failed")
        }
        let deployment = job["deployment"]
        if deployment["version"].int == version {
            switch deployment["status"].string {
            case "successful": return .good("the job is up")
            case "failed", "cancelled": return .failed(deployment["description"].string ?? "the deployment failed")
            default: return nil
            }
        }
        if states.isEmpty { return nil }
        if states.allSatisfy({ $0 == "running" }) { return .good("the job is up") }
        return states.contains("pending") || states.contains("running") ? nil : .failed("no allocation is up")
    }
}

/// Staying with a registration until it is decided.
struct NomadJobFollowing {
    let client: APIClient
    let id: String
    let version: Int64
    let evaluation: String
    let isQuiet: Bool

    private static let interval = Duration.milliseconds(300)
    /// A server that restarts is back within so many tries.
    private static let patience = 200

    func end() async throws -> (job: JSONValue, verdict: NomadJobVerdict) {
        var told: [String: String] = [:]
        var failures = 0
        while true {
            do {
                let job = try await client.call("GET", JobCommand.path(id)).json()
                failures = 0
                if !isQuiet { tell(job, &told) }
                if let verdict = NomadJobVerdict(job, version: version, evaluation: evaluation) {
                    return (job, verdict)
                }
            } catch let error as APIClient.Unreachable {
                failures += 1
                if failures >= Self.patience { throw error }
            } catch let error as MartletError where error.code == .unavailable {
                failures += 1
                if failures >= Self.patience { throw error }
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// A line on stderr for each thing that has become another one.
    private func tell(_ job: JSONValue, _ told: inout [String: String]) {
        func say(_ what: String, _ state: String) {
            guard told[what] != state else { return }
            told[what] = state
            Terminal.complain("\(what): \(Terminal.safe(state))")
        }
        for evaluation in job["evaluations"].items.reversed() where evaluation["id"].string == self.evaluation {
            say("evaluation \(self.evaluation.prefix(8))", evaluation["status"].string ?? "")
        }
        for allocation in job["allocations"].items.reversed() where allocation["version"].int == version {
            let name = "allocation \(allocation["id"].string?.prefix(8) ?? "") of \(allocation["group"].string ?? "")"
            var state = allocation["status"].string ?? ""
            let last = allocation["tasks"].items.compactMap { $0["events"].items.last?["message"].string }.last
            if state == "failed" || state == "pending", let last { state += ", \(last)" }
            say(name, state)
        }
        if job["deployment"]["version"].int == version {
            say("deployment", job["deployment"]["description"].string ?? "")
        }
    }
}
