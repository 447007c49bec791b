import Foundation
import MartletCore
import MartletTesting
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        "[1,]", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "01", "nul", "[", "{\"a\"}", "1 2", "\"\u{1}\"", "NaN", "1e999", "",
        "\"\\x\"", "[1 2]", "-", "1.", "tru",
    ])
    func `what is not strict JSON is refused`(_ text: String) {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(text.utf8) }
    }

    @Test func `values keep their types and exact integers`() throws {
        let value = try JSONParser.parse(#" {"a":[1,-2.5,true,null,"é😀\n"],"b":9223372036854775807} "#.utf8)
        #expect(value == ["a": [1, .double(-2.5), true, .null, "é😀\n"], "b": .int(.max)])
    }

    @Test func `invalid UTF-8 and too deep nesting are refused`() {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONParser.Failure.self) {
            try JSONParser.parse((String(repeating: "[", count: 40) + String(repeating: "]", count: 40)).utf8)
        }
    }

    @Test func `random bytes never crash the parser`() {
        var random = SeededRandom(seed: 7)
        let alphabet = Array(#"{}[]",:0123456789.eE+-truefalsn\u "#.utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            _ = try? JSONParser.parse(bytes)
        }
    }
}

@Suite struct TimeSpanTests {
    @Test(arguments: [("500ms", 500), ("30s", 30_000), ("1h30m", 5_400_000), ("1d", 86_400_000), ("0s", 0)])
    func `spans are read as people write them`(_ text: String, _ milliseconds: Int64) throws {
        let span = try #require(TimeSpan(text))
        #expect(span.milliseconds == milliseconds)
        #expect(TimeSpan(span.description) == span)
    }

    @Test(arguments: ["", "5", "s", "-1s", "1.5s", "99999999999999999999s", "1y", "4000d", "1s "])
    func `anything else is not a span`(_ text: String) { #expect(TimeSpan(text) == nil) }

    @Test func `numbers are seconds`() {
        #expect(TimeSpan(JSONValue.int(2)) == .seconds(2))
        #expect(TimeSpan(JSONValue.double(0.5)) == TimeSpan(milliseconds: 500))
        #expect(TimeSpan(JSONValue.int(-1)) == nil)
        #expect(TimeSpan(JSONValue.double(.infinity)) == nil)
    }
}

@Suite struct RunIDTests {
    @Test func `ids rise strictly within a millisecond and when the clock steps back`() {
        var sequence = RunIDSequence()
        var last = RunID(high: 0, low: 0)
        for step in 0..<20_000 {
            let id = sequence.next(at: Date(milliseconds: 1_000_000 - Int64(step / 100)), random: .max)
            #expect(id > last)
            last = id
        }
    }

    @Test func `text and bytes round-trip and the version is 7`() throws {
        var sequence = RunIDSequence()
        let id = sequence.next(at: Date(milliseconds: 1_700_000_000_123), random: 42)
        #expect(RunID(id.description) == id)
        #expect(RunID(bytes: id.bytes) == id)
        #expect(Array(id.description)[14] == "7")
    }

    @Test(arguments: [
        "", "..", "../../etc/passwd", "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeeg", "0190aaaabbbb7ccc8dddeeeeeeeeeeee",
        "０190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee",
    ])
    func `anything else is not an id`(_ text: String) { #expect(RunID(text) == nil) }
}

@Suite struct JobParsingTests {
    private func problems(_ document: JSONValue) -> [String] {
        do {
            _ = try Job(parsing: document, name: "demo")
            return []
        } catch {
            return error.problems.map(\.field)
        }
    }

    @Test func `a full definition is read and survives its own encoding`() throws {
        let text = #"""
            {"description":"d","labels":{"team":"db"},"timeout":"1h","concurrency":2,"retryLost":true,
             "retry":{"limit":3,"backoff":"fibonacci","delay":"2s","on":"failure","mode":"delay","window":"1h"},
             "params":{"who":{"type":"string","required":true,"pattern":"[a-z]+"}},
             "notify":[{"on":["failed"],"channel":"ops"}],
             "tasks":[{"name":"a","command":["echo","${params.who}"],"timeout":"5s","grace":"1s","stopSignal":"INT",
                       "environment":{"X":1},"cwd":"/tmp","umask":"0027","nice":5,"limits":{"openFiles":64}},
                      {"name":"b","command":["true"],"when":"always","onFailure":"continue"}]}
            """#
        let job = try Job(parsing: JSONParser.parse(text.utf8), name: "demo")
        #expect(job.tasks.count == 2)
        #expect(job.tasks[0].environment == ["X": "1"])
        #expect(job.retry?.backoff == .fibonacci)
        let copy = try JSONDecoder().decode(Job.self, from: JSONEncoder().encode(job))
        #expect(copy == job)
    }

    @Test func `every problem is reported at once, with its path`() {
        let found = problems([
            "tasks": [
                ["name": "a b", "command": "ls", "timeout": "soon", "colour": "red"],
                ["comand": ["true"]],
            ],
            "labels": ["bad name": "x"], "retry": ["limit": -1], "unknown": 1,
        ])
        for field in [
            "tasks[0].name", "tasks[0].timeout", "tasks[0].colour", "tasks[1].command", "tasks[1].comand",
            "labels.bad name", "retry.limit", "unknown",
        ] {
            #expect(found.contains(field), "\(field) missing in \(found)")
        }
    }

    @Test func `a name that could be a path is refused`() {
        for name in ["../x", "a/b", "", ".hidden", String(repeating: "a", count: 129), "é"] {
            #expect(throws: MartletError.self) { try Job(parsing: ["command": ["true"]], name: name) }
        }
    }

    @Test func `MARTLET_ variables and short secrets are refused`() {
        let problems = Fields.Problems()
        var fields = Fields(
            ["environment": ["MARTLET_RUN": "x"], "secrets": ["A": "1234", "B": "12345"]], problems: problems)
        _ = Variables.parse(&fields)
        _ = Variables.parseSecrets(&fields)
        #expect(problems.all.map(\.field).sorted() == ["environment.MARTLET_RUN", "secrets.A"])
    }
}

@Suite struct SecretTests {
    @Test func `a secret cannot be printed`() {
        let secret = Secret("hunter2-canary")
        var dumped = ""
        dump(["a": secret], to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
            #expect(!text.contains("canary"))
        }
    }
}

@Suite struct RetryPolicyTests {
    @Test func `waits follow the backoff and stop at the maximum`() {
        var policy = RetryPolicy(limit: 9, delay: .seconds(1), backoff: .fibonacci, maxDelay: .seconds(6))
        #expect((1...6).map { policy.wait(beforeRetry: $0).milliseconds / 1000 } == [1, 1, 2, 3, 5, 6])
        policy.backoff = .exponential
        #expect((1...4).map { policy.wait(beforeRetry: $0).milliseconds / 1000 } == [1, 2, 4, 6])
        #expect(policy.wait(beforeRetry: 1_000_000).milliseconds == 6000)
    }

    @Test func `mode delay goes on when the window is over, mode fail does not`() {
        let now = Date(milliseconds: 0)
        var policy = RetryPolicy(limit: 1, window: .seconds(60), mode: .delay, delay: .seconds(1))
        var count = RetryCount()
        #expect(count.next(under: policy, at: now) == now.adding(.seconds(1)))
        #expect(count.next(under: policy, at: now.adding(.seconds(5))) == now.adding(.seconds(60)))
        policy.mode = .fail
        count = RetryCount()
        _ = count.next(under: policy, at: now)
        #expect(count.next(under: policy, at: now) == nil)
    }
}

@Suite struct TaskReportTests {
    @Test func `lines are taken, masked and bounded, and bad ones are counted`() {
        let lines = [
            #"{"v":1,"progress":0.5,"message":"token hunter2 ok","result":{"rows":3,"note":"hunter2"}}"#, "not json",
            "[]",
            #"{"warning":"slow","event":"switched"}"#, #"{"progress":7}"#, #"{"progress":"x"}"#,
        ].map { Array($0.utf8) }
        let reading = TaskReport().taking(lines, offset: 99) { $0.replacingOccurrences(of: "hunter2", with: "•••") }
        #expect(reading.report.progress == 1)
        #expect(reading.report.message == "token ••• ok")
        #expect(reading.report.results == ["rows": 3, "note": "•••"])
        #expect(reading.report.warnings == ["slow"])
        #expect(reading.notes == ["switched"])
        #expect(reading.report.badLines == 3)
        #expect(reading.report.offset == 99)
    }
}
