import Foundation
import MartletCore

/// How a registration turned out.
enum NomadJobVerdict: Sendable, Hashable {
    /// A service is up, or a batch has ended well.
    case good(String)
    case failed(String)
    /// There is no place for it now, and it starts by itself when there is; or nothing of it was to be placed.
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
        // Only the newest are shown: one that is not there any more was processed long ago.
        if let own = all.first(where: { $0["id"].string == evaluation }) {
            if own["status"] == "pending" { return nil }
            if own["status"] == "failed" {
                self = .failed("the job could not be placed: \(own["description"].string ?? "")")
                return
            }
        }
        let tally = NomadTally(job, version: version)
        if let verdict = Self.end(of: job, tally, version) {
            self = verdict
            return
        }
        if tally.open > 0, job["type"] == "batch" { return nil }
        guard let blocked = all.first(where: { $0["status"] == "blocked" }) else { return nil }
        let reasons = (blocked["blockedBy"].object ?? [:]).sorted { $0.key < $1.key }
        self = .waits(
            "the job waits: " + reasons.map { "group \($0.key): \($0.value.string ?? "")" }.joined(separator: ", "))
    }

    private static func end(of job: JSONValue, _ tally: NomadTally, _ version: Int64) -> Self? {
        let isDead = job["status"] == "dead"
        if job["type"] == "batch" {
            guard isDead else { return nil }
            if tally.wanted == 0 { return end(of: tally) }
            let bad = tally.wanted - tally.complete
            return bad == 0 ? .good("the job has ended well") : .failed("\(bad) of \(tally.wanted) allocations failed")
        }
        let deployment = job["deployment"]
        if deployment["version"].int == version {
            switch deployment["status"].string {
            case "successful": return .good("the job is up")
            case "failed", "cancelled": return .failed(deployment["description"].string ?? "the deployment failed")
            default: return nil
            }
        }
        if tally.wanted == 0 { return isDead ? end(of: tally) : nil }
        if tally.running == tally.wanted { return .good("the job is up") }
        return tally.open > 0 ? nil : .failed("no allocation is up")
    }

    /// Of a dead job without an allocation that is to run.
    private static func end(of tally: NomadTally) -> Self {
        tally.total == 0 ? .waits("nothing of the job was placed") : .failed("all allocations were stopped")
    }
}

/// How the allocations of one version stand: all of them, where only the newest are shown.
private struct NomadTally {
    let total: Int64
    /// Those that are to run.
    let wanted: Int64
    let running: Int64
    let complete: Int64
    /// Not over yet.
    let open: Int64

    init(_ job: JSONValue, version: Int64) {
        let counts = job["counts"].items.first { $0["version"].int == version } ?? .null
        func count(_ name: String) -> Int64 { counts[name].int ?? 0 }
        total = count("total")
        wanted = count("total") - count("stopped")
        running = count("running")
        complete = count("complete")
        open = count("pending") + count("running")
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
