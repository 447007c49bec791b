import MartletCore
import Testing

@testable import martlet

/// When `martlet job run` is done with following a job, and what it says then.
@Suite struct NomadJobVerdictTests {
    private static func job(
        _ type: String, status: String = "running", evaluation: String = "complete", id: String = "e",
        _ allocations: [String] = [],
        blocked: [String: String] = [:], deployment: String? = nil, version: Int64 = 2, stopped: Int64 = 0
    ) -> JSONValue {
        var evaluations: [JSONValue] = [["id": .string(id), "status": .string(evaluation), "description": "why"]]
        if !blocked.isEmpty {
            let reasons = JSONValue.object(blocked.mapValues { .string($0) })
            evaluations.append(["id": "b", "status": "blocked", "blockedBy": reasons])
        }
        // One of the version before, whose end says nothing about this one.
        let old: [JSONValue] = [["version": 1, "desired": "stop", "status": "failed"]]
        let before: JSONValue = ["version": 1, "total": 1, "stopped": 1]
        let total = Int64(allocations.count) + stopped
        var count: [String: JSONValue] = ["version": 2, "total": .int(total), "stopped": .int(stopped)]
        for state in ["pending", "running", "complete", "failed", "lost"] {
            count[state] = .int(Int64(allocations.filter { $0 == state }.count))
        }
        let counts: [JSONValue] = total > 0 ? [.object(count), before] : [before]
        return [
            "type": .string(type), "status": .string(status), "version": .int(version), "stopped": false,
            "evaluations": .array(evaluations),
            "counts": .array(counts),
            // As the server cuts it.
            "allocations": .array(
                allocations.prefix(50).map { ["version": 2, "desired": "run", "status": .string($0)] } + old),
            "deployment": deployment.map {
                ["version": 2, "status": .string($0), "description": "told by the deployment"]
            } ?? ["version": 1, "status": "successful", "description": "an old one"],
        ]
    }

    private static func verdict(_ job: JSONValue) -> NomadJobVerdict? {
        NomadJobVerdict(job, version: 2, evaluation: "e")
    }

    @Test func `nothing is said before the evaluation is done`() {
        #expect(Self.verdict(Self.job("batch", status: "dead", evaluation: "pending")) == nil)
        #expect(Self.verdict(["version": 2, "evaluations": [], "allocations": []]) == nil)
        #expect(Self.verdict(Self.job("batch", evaluation: "failed"))?.code == 1)
    }

    @Test func `a batch is done when it is dead, and good when all of it is complete`() {
        #expect(Self.verdict(Self.job("batch", ["running"])) == nil)
        #expect(Self.verdict(Self.job("batch", ["failed"])) == nil, "another may be on its way")
        #expect(
            Self.verdict(Self.job("batch", status: "dead", ["complete", "complete"])) == .good("the job has ended well")
        )
        #expect(
            Self.verdict(Self.job("batch", status: "dead", ["complete", "failed"]))
                == .failed("1 of 2 allocations failed"))
    }

    @Test func `of a batch all allocations count, those that are not shown any more, too`() {
        let complete = Array(repeating: "complete", count: 60)
        #expect(
            Self.verdict(Self.job("batch", status: "dead", complete + ["failed", "lost"]))
                == .failed("2 of 62 allocations failed"))
        #expect(Self.verdict(Self.job("batch", status: "dead", complete))?.code == 0)
        #expect(
            Self.verdict(Self.job("batch", status: "dead", complete, stopped: 3)) == .good("the job has ended well"),
            "others took the places of those that failed")
        #expect(Self.verdict(Self.job("batch", complete + ["running"], blocked: ["g": "memory"])) == nil)
        #expect(Self.verdict(Self.job("service", Array(repeating: "running", count: 60) + ["pending"])) == nil)
    }

    @Test func `an evaluation that is not shown any more is done`() {
        #expect(
            Self.verdict(Self.job("batch", status: "dead", id: "newer", ["complete"]))
                == .good("the job has ended well"))
        #expect(Self.verdict(Self.job("batch", status: "dead", id: "newer", ["failed"]))?.code == 1)
        #expect(Self.verdict(Self.job("batch", evaluation: "pending", id: "newer", ["running"])) == nil)
        #expect(
            Self.verdict(Self.job("service", id: "newer", ["running"], deployment: "successful"))
                == .good("the job is up"))
        #expect(
            Self.verdict(Self.job("service", id: "newer", blocked: ["g": "memory"]))
                == .waits("the job waits: group g: memory"))
    }

    @Test func `a dead job of which nothing was placed has not ended well`() {
        for type in ["batch", "service"] {
            let verdict = Self.verdict(Self.job(type, status: "dead"))
            #expect(verdict == .waits("nothing of the job was placed") && verdict?.code == 2)
            #expect(
                Self.verdict(Self.job(type, status: "dead", stopped: 2)) == .failed("all allocations were stopped"))
        }
        #expect(Self.verdict(Self.job("batch", status: "pending")) == nil)
        #expect(Self.verdict(Self.job("service")) == nil)
    }

    @Test func `a service is what its deployment is`() {
        #expect(Self.verdict(Self.job("service", ["running"], deployment: "running")) == nil)
        #expect(Self.verdict(Self.job("service", ["running"], deployment: "successful")) == .good("the job is up"))
        #expect(
            Self.verdict(Self.job("service", ["failed"], deployment: "failed")) == .failed("told by the deployment"))
        #expect(Self.verdict(Self.job("service", ["running", "pending"])) == nil)
        #expect(Self.verdict(Self.job("service", ["running", "running"])) == .good("the job is up"))
        #expect(Self.verdict(Self.job("system", ["failed"])) == .failed("no allocation is up"))
    }

    @Test func `what has no place waits, and says for what`() {
        let blocked = ["src": "missing drivers", "dest": "memory"]
        #expect(
            Self.verdict(Self.job("service", blocked: blocked))
                == .waits("the job waits: group dest: memory, group src: missing drivers"))
        #expect(Self.verdict(Self.job("batch", ["running"], blocked: blocked)) == nil, "the rest may go on")
    }

    @Test func `a job that others stop or change is no longer followed`() {
        #expect(Self.verdict(["stopped": true, "version": 2]) == .failed("the job was stopped"))
        #expect(
            Self.verdict(Self.job("batch", version: 3)) == .failed("version 3 of the job was registered meanwhile"))
    }
}
