import GoWire
import MartletCore
import Testing

@testable import Jobs

/// What makes a job invalid. jobs-replication contract §B.2; the recordings' own cases are in `RegistrationTests`.
@Suite struct JobCheckTests {
    /// A valid batch job with other members at its top, in its group and in its task.
    private func job(_ job: String = "", group: String = "", task: String = "") throws -> JobSpec {
        let body = """
            {"Job":{"ID":"a","Datacenters":["dc1"],"Type":"batch","TaskGroups":[{"Name":"g","Tasks":[{"Name":"t",
            "Driver":"raw_exec"\(task)}]\(group)}]\(job)}}
            """
        return try JobSpec(registration: Array(body.utf8))
    }

    private func ofGroup(_ text: String) -> [String] {
        ["Task group g validation failed: " + GoErrors.text([text])]
    }

    private func ofTask(_ text: String) -> [String] {
        ofGroup("Task t validation failed: " + GoErrors.text([text]))
    }

    @Test func `the plain job is valid`() throws { #expect(try job().problems() == []) }

    @Test(arguments: [
        (#","Count":-1"#, "Task group count can't be negative"),
        (
            #","Constraints":[{"LTarget":"a","Operand":"="}]"#,
            "Constraint 1 validation failed: 1 error occurred:\n\t* Operator \"=\" requires an RTarget\n\n"
        ),
        (
            #","Constraints":[{"LTarget":"a","RTarget":"(","Operand":"regexp"}]"#,
            "Constraint 1 validation failed: 1 error occurred:\n\t* Regular expression failed to compile: \"(\" is not a regular expression\n\n"
        ),
        (#","RestartPolicy":{"Mode":"x"}"#, "1 error occurred:\n\t* Unsupported restart mode: \"x\"\n\n"),
        (
            #","RestartPolicy":{"Interval":10000000000}"#,
            "1 error occurred:\n\t* Nomad can't restart the TaskGroup 3 times in an interval of 10s with a delay of 15s\n\n"
        ),
        (
            #","ReschedulePolicy":{"Delay":1000000000}"#,
            "1 error occurred:\n\t* Delay cannot be less than 5s (got 1s)\n\n"
        ),
        (
            #","ReschedulePolicy":{"Attempts":9,"Interval":10000000000}"#,
            "2 errors occurred:\n\t* Nomad can only make 2 attempts in 10s with initial delay 5s and delay function \"constant\"\n\t* Set the interval to at least 45s to accommodate 9 attempts\n\n"
        ),
        (#","EphemeralDisk":{"SizeMB":101}"#, ""),
        (#","Migrate":{}"#, "Job type \"batch\" does not allow migrate block"),
        (#","Update":{}"#, "Job type \"batch\" does not allow update block"),
    ])
    func `a group's problems are told`(_ members: String, _ text: String) throws {
        #expect(try job(group: members).problems() == (text.isEmpty ? [] : ofGroup(text)))
    }

    @Test(arguments: [
        (#","Name":"a/b""#, "Task name cannot include slashes"),
        (#","KillTimeout":-1"#, "KillTimeout must be a positive value"),
        (
            #","Resources":{"CPU":19}"#,
            "1 error occurred:\n\t* 1 error occurred:\n\t* minimum CPU value is 20; got 19\n\n\n\n"
        ),
        (#","LogConfig":{"MaxFiles":30}"#, "log storage (300 MB) must be less than requested disk capacity (300 MB)"),
        (#","Env":{"a=b":"c"}"#, "Environment variable \"a=b\" has a name that no process can be given"),
        (
            #","DispatchPayload":{"File":"../x"}"#,
            "Dispatch Payload validation failed: destination escapes upper level directory"
        ),
    ])
    func `a task's problems are told`(_ members: String, _ text: String) throws {
        let found = try job(task: members).problems()
        #expect(found.count == 1)
        #expect(found.first?.contains(text) == true, "\(found)")
    }

    @Test func `names stand once`() throws {
        let groups =
            #"{"Job":{"ID":"a","Datacenters":["d"],"TaskGroups":[{"Name":"g","Tasks":[{"Name":"t","Driver":"x"},{"Name":"t","Driver":"x"}]},{"Name":"g","Tasks":[{"Name":"t","Driver":"x"}]}]}}"#
        let found = try JobSpec(registration: Array(groups.utf8)).problems()
        #expect(found.contains("Job task group 2 redefines 'g' from group 1"))
        #expect(found.contains { $0.contains("Task 2 redefines 't' from task 1") })
    }

    @Test(arguments: [
        ("0 0 1 1 *", "UTC", nil), ("@daily", "Asia/Shanghai", nil), ("0 0 * * * *", "UTC", nil),
        ("30 0 0 * * * *", "UTC", nil), ("", "UTC", "Must specify a spec"),
        ("0 0 * * * 2030", "UTC", "Invalid cron spec \"0 0 * * * 2030\": the year \"2030\" must be *"),
        ("@every 1h", "UTC", "Invalid cron spec \"@every 1h\": @every is not a word of cron specs"),
        ("61 * * * *", "UTC", "Invalid cron spec \"61 * * * *\""),
        ("0 0 * * *", "Mars/Base", "Invalid time zone \"Mars/Base\""),
    ])
    func `a periodic job's times must be ones that the calendar knows`(
        _ spec: String, _ zone: String, _ text: String?
    ) throws {
        let found = try job(#","Periodic":{"Spec":"\#(spec)","TimeZone":"\#(zone)"}"#).problems()
        #expect(found.count == (text == nil ? 0 : 1), "\(found)")
        if let text { #expect(found.first?.contains(text) == true, "\(found)") }
    }

    @Test func `the cadence of a spec leaves the year out`() throws {
        let six = try job(#","Periodic":{"Spec":"5 4 * * 1 *"}"#)
        #expect(try six.periodic?.cadence() == .cron("5 4 * * 1"))
    }

    @Test func `only batch jobs are periodic or parameterized`() throws {
        #expect(
            try job(#","Type":"service","Periodic":{"Spec":"@daily"}"#).problems() == [
                "Periodic can only be used with \"batch\" scheduler"
            ])
        #expect(
            try job(#","ParameterizedJob":{"Payload":"x","MetaRequired":["k","l"],"MetaOptional":["k"]}"#).problems()
                == [
                    "2 errors occurred:\n\t* Unknown payload requirement: \"x\"\n\t* Required and optional meta keys should be disjoint. Following keys exist in both: [k]\n\n"
                ])
    }

    @Test func `a job has limits`() throws {
        let task = #"{"Name":"t","Driver":"x"}"#
        let many = (0...64).map { #"{"Name":"g\#($0)","Tasks":[\#(task)]}"# }.joined(separator: ",")
        let found = try JobSpec(
            registration: Array(#"{"Job":{"ID":"a","Datacenters":["d"],"TaskGroups":[\#(many)]}}"#.utf8)
        ).problems()
        #expect(found == ["Job has 65 task groups: at most 64 are allowed"])
        #expect(
            try job(group: #","Count":1001"#).problems() == ["Task group g has count 1001: at most 1000 is allowed"])
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        #expect(
            try job(task: #","Config":{"a":\#(deep)}"#).problems() == [
                "Config of task t is nested deeper than 64 levels"
            ])
        #expect(try job(group: #","ReschedulePolicy":{"Attempts":9000000000000000000}"#).problems().count == 1)
        #expect(
            try job(
                group:
                    #","ReschedulePolicy":{"Attempts":100000,"DelayFunction":"fibonacci","MaxDelay":9000000000000000000}"#
            ).problems().count == 1)
    }

    /// Delays of 5 s; `most`: the ceiling of a delay; all in seconds.
    @Test(arguments: [
        ("exponential", 3600, 41, 4), ("exponential", 3600, 40, 3), ("exponential", 10, 31, 4),
        ("exponential", 10, 30, 3), ("fibonacci", 3600, 15, 4), ("fibonacci", 3600, 14, 3), ("fibonacci", 9, 18, 4),
        ("fibonacci", 9, 17, 3), ("constant", 0, 20, 4), ("constant", 0, 19, 3),
    ])
    func `attempts must fit their interval`(
        _ function: String, _ most: Int64, _ seconds: Int64, _ possible: Int
    ) throws {
        #expect(try fitting(4, function, most, seconds) == (possible == 4 ? nil : possible))
    }

    @Test func `behind the ceiling each attempt adds it`() throws {
        #expect(try fitting(7, "fibonacci", 9, 45) == nil)
        #expect(try fitting(7, "fibonacci", 9, 44) == 6)
    }

    /// How many of `attempts` a problem says fit; nil: there is no problem.
    private func fitting(
        _ attempts: Int, _ function: String, _ most: Int64, _ seconds: Int64
    ) throws -> Int? {
        let members = """
            ,"ReschedulePolicy":{"Attempts":\(attempts),"Interval":\(seconds * 1_000_000_000),
            "DelayFunction":"\(function)","MaxDelay":\(most * 1_000_000_000)}
            """
        guard let problem = try job(group: members).problems().first else { return nil }
        let words = problem.split(separator: "Nomad can only make ").last?.split(separator: " ")
        return try #require(words?.first.flatMap { Int($0) }, "\(problem)")
    }

    @Test func `a pattern is bounded and a mount has its volume`() throws {
        let deep = String(repeating: "(", count: 500) + String(repeating: ")", count: 500)
        let found = try job(#","Constraints":[{"LTarget":"a","RTarget":"\#(deep)","Operand":"regexp"}]"#).problems()
        #expect(found.first?.contains("more than 64 brackets") == true)
        let nested = String(repeating: "(", count: 60) + "x" + String(repeating: ")", count: 60)
        #expect(
            try job(#","Constraints":[{"LTarget":"a","RTarget":"\#(nested)","Operand":"regexp"}]"#).problems() == [])
        #expect(
            try job(task: #","VolumeMounts":[{"Volume":"v","Destination":"/x"}]"#).problems()
                == ofGroup("Task t has a volume mount (0) referencing undefined volume v"))
    }

    @Test func `more at once than there are is a warning`() throws {
        let spec = try job(#","Type":"service","Update":{"MaxParallel":2}"#)
        #expect(spec.problems() == [])
        #expect(
            spec.warnings()
                == "1 warning(s):\n\n* Group \"g\" has warnings: 1 error occurred:\n\t* Update max parallel count is greater than task group count (2 > 1). A destructive change would result in the simultaneous replacement of all allocations.\n\n"
        )
    }
}
