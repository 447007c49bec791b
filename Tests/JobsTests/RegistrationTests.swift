import GoWire
import MartletCore
import Testing

@testable import Jobs

/// What a registration is answered with, against the recordings. jobs-replication contract §B.2.
@Suite struct RegistrationTests {
    private func decodeText(_ body: [UInt8], _ call: JobRequest.Call = .register) -> String? {
        do throws(GoJSONError) {
            _ = try JobRequest(call, body: body)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: ["036", "037", "039", "040", "043", "057"])
    func `a body that is no job is refused in Go's words`(_ number: String) throws {
        let recording = try Recording(number)
        #expect(recording.status == 400)
        #expect(decodeText(recording.bytes) == recording.body.string)
    }

    @Test func `an empty body and one without an ID have their words`() {
        #expect(decodeText([]) == "EOF")
        #expect(decodeText(Array(#"{"Job":{}}"#.utf8)) == "Job ID hasn't been provided")
        #expect(decodeText(Array(#"{"Job":{}}"#.utf8), .plan) == "Job must have a valid ID")
        #expect(decodeText(Array(#"{"Job":{}}"#.utf8), .validate) == nil)
    }

    @Test func `a path names the job that it is about`() throws {
        let recording = try Recording("058")
        #expect(throws: GoJSONError(recording.body.string ?? "")) {
            try JobRequest(.register, body: recording.bytes, id: "other")
        }
        #expect(throws: GoJSONError("Job ID does not match")) {
            try JobRequest(.plan, body: recording.bytes, id: "other")
        }
        #expect(try JobRequest(.register, body: recording.bytes, id: "mis").spec.id == "mis")
    }

    @Test(arguments: [
        (
            #"{"ID":"a","TaskGroups":[{"Name":"g","Tasks":[],"Count":"1"}]}"#,
            "string into Go struct field TaskGroup.Job.TaskGroups.Count of type int"
        ),
        (#"{"Priority":1.5}"#, "number 1.5 into Go struct field Job.Job.Priority of type int"),
        (#"{"Meta":{"a":1}}"#, "number into Go struct field Job.Job.Meta of type string"),
        (#"{"TaskGroups":{}}"#, "object into Go struct field Job.Job.TaskGroups of type []*api.TaskGroup"),
        (
            #"{"TaskGroups":[{"Tasks":[{"KillTimeout":"5s"}]}]}"#,
            "string into Go struct field Task.Job.TaskGroups.Tasks.KillTimeout of type time.Duration"
        ),
        (
            #"{"Affinities":[{"Weight":300}]}"#,
            "number 300 into Go struct field Affinity.Job.Affinities.Weight of type int8"
        ),
    ])
    func `a wrong type names struct, path and type`(_ job: String, _ text: String) {
        #expect(decodeText(Array("{\"Job\":\(job)}".utf8)) == "json: cannot unmarshal \(text)")
    }

    @Test(arguments: ["042", "045", "046", "048", "049", "051", "052"])
    func `a job that makes no sense is refused in Nomad's words`(_ number: String) throws {
        let recording = try Recording(number)
        #expect(recording.status == 500)
        #expect(try JobSpec(registration: recording.bytes).refusal() == recording.body.string)
    }

    @Test(arguments: [
        "055", "066", "099", "100", "102", "109", "151", "153", "157", "163", "169", "177",
    ])
    func `a job that was taken has no problems and no warnings`(_ number: String) throws {
        let spec = try JobSpec(registration: try Recording(number).bytes)
        #expect(spec.refusal() == nil)
        #expect(spec.warnings() == "")
    }

    /// Case 16: taken, and told at once what its task will say.
    @Test(arguments: [
        ("165", "NoSuch: there is no such key; leave it out"), ("166", "ChunkSize: a number is required"),
        ("168", "unknown processor type: foo; name the group src or dest"),
    ])
    func `a dtle task with a fault is taken with a warning`(_ number: String, _ fault: String) throws {
        let spec = try JobSpec(registration: try Recording(number).bytes)
        #expect(spec.refusal() == nil)
        let group = spec.groups[0].name
        #expect(
            spec.warnings()
                == "1 warning(s):\n\n* Group \"\(group)\" has warnings: 1 error occurred:\n\t* Task \"src\" cannot be started: \(fault)\n\n"
        )
    }

    @Test func `validate answers with all its fields`() throws {
        let recording = try Recording("064")
        let request = try JobRequest(.validate, body: recording.bytes)
        #expect(differences("", request.spec.validation(), recording.body) == [])
    }

    @Test func `an enforced index is compared`() throws {
        let recording = try Recording("120")
        let request = try JobRequest(.register, body: recording.bytes)
        #expect(request.enforcementProblem(existing: 64) == recording.body.string)
        #expect(request.enforcementProblem(existing: nil) == nil)
        let other = try JobRequest(
            .register, body: Array(#"{"Job":{"ID":"a"},"EnforceIndex":true,"JobModifyIndex":7}"#.utf8))
        #expect(other.enforcementProblem(existing: 7) == nil)
        #expect(other.enforcementProblem(existing: nil) == "Enforcing job modify index 7: job does not exist")
        #expect(
            other.enforcementProblem(existing: 8)
                == "Enforcing job modify index 7: job exists with conflicting job modify index: 8")
    }

    @Test func `what stands beside the job is read, whatever the case of its keys`() throws {
        let body = #"{"job":{"id":"a","REGION":"x"},"diff":true,"policyoverride":true,"Region":"y","Unknown":[]} tail"#
        let request = try JobRequest(.plan, body: Array(body.utf8))
        #expect(request.diff && request.policyOverride && !request.enforceIndex)
        #expect(request.spec.id == "a" && request.spec.name == "a" && request.spec.region == "y")
    }
}
