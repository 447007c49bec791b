import MartletCore
import Testing

@testable import martlet

/// When `martlet job run` is done with following a job, and what it says then.
@Suite struct NomadJobVerdictTests {
    private static func job(
        _ type: String, status: String = "running", evaluation: String = "complete", _ allocations: [String] = [],
        blocked: [String: String] = [:], deployment: String? = nil, version: Int64 = 2
    ) -> JSONValue {
        var evaluations: [JSONValue] = [["id": "e", "status": .string(evaluation), "description": "why"]]
        if !blocked.isEmpty {
            let reasons = JSONValue.object(blocked.mapValues { .string($0) })
            evaluations.append(["id": "b", "status": "blocked", "blockedBy": reasons])
        }
        // One of the version before, whose end says nothing about this one.
        let old: [JSONValue] = [["version": 1, "desired": "stop", "status": "failed"]]
        return [
            "type": .string(type), "status": .string(status), "version": .int(version), "stopped": false,
            "evaluations": .array(evaluations),
            "allocations": .array(
                allocations.map { ["version": 2, "desired": "run", "status": .string($0)] } + old),
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
