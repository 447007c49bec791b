import Foundation
import MartletCore
import Testing

/// The last lines, whatever a task prints.
@Suite(.few) struct ScriptOutputTests {
    @Test func `a run without output does not answer another run's line`() async throws {
        // contract §5 case 28
        let server = try await ScriptServer()
        #expect(try await server.run("f-lines", ["5"]).data == "line 5")
        let silent = try await server.run("f-silent")
        #expect(silent.text == #"{"code":0,"data":"","msg":""}"#)
    }

    @Test func `twenty callers at once get their own line each`() async throws {
        // contract §5 case 29
        let server = try await ScriptServer()
        try await withThrowingTaskGroup(of: (Int, ScriptServer.Answer).self) { group in
            for number in 0..<20 {
                group.addTask { (number, try await server.run("f-slow", ["text \(number)", "0.3"])) }
            }
            for try await (number, answer) in group {
                #expect(answer.text == #"{"code":0,"data":"text \#(number)","msg":""}"#)
            }
        }
        let gate = try Gate(server.site)
        try await withThrowingTaskGroup(of: (Int, ScriptServer.Answer).self) { group in
            for number in 0..<20 {
                group.addTask { (number, try await server.run("f-gate", [gate.path, "text \(number)"])) }
            }
            try await eventually("all of them work at once") { gate.arrivals.count == 20 ? true : nil }
            gate.open()
            for try await (number, answer) in group { #expect(answer.data.string == "text \(number)") }
        }
    }

    @Test func `the last of two thousand lines is never lost`() async throws {
        // contract §2 row 4: the replaced service lost it in 23 of 60 calls
        let server = try await ScriptServer()
        for _ in 0..<60 { #expect(try await server.run("f-lines", ["2000"]).data == "line 2000") }
    }

    @Test func `line ends, blank last lines and missing line ends count as they did`() async throws {
        // contract §5 case 34
        let texts: [(format: String, data: String)] = [
            (#"one\r\ntwo"#, "two"), (#"one\n\n"#, ""), (#"one\r\n"#, "one"), (#"one\r\r\n"#, "one\r"), (#"\n"#, ""),
            (#"one\r"#, "one"), (#" two \n"#, " two "), (#"one\ntwo\n \n"#, " "), (#"\000\n"#, "\u{0}"),
        ]
        let server = try await ScriptServer(Fixtures.task("print", "binary", executable: "printf"))
        for (format, data) in texts {
            #expect(try await server.run("print", [format]).data.string == data, "\(format)")
        }
    }

    @Test func `a byte that is no text is one mark`() async throws {
        // contract §1.12
        let server = try await ScriptServer(
            Fixtures.tasks + Fixtures.task("print", "binary", executable: "printf"))
        #expect(try await server.run("f-raw").data == "\u{FFFD}\u{FFFD}")
        #expect(try await server.run("print", [#"a\344\270"#]).data == "a\u{FFFD}\u{FFFD}")
        #expect(try await server.run("print", [#"\344\270\255b\n"#]).data == "中b")
    }

    @Test func `a line longer than any pipe neither blocks the task nor hides the next line`() async throws {
        // contract §2 row 5
        let server = try await ScriptServer()
        #expect(try await server.run("f-long", ["65536", "after"]).data == "after")
        #expect(try await server.run("f-long", ["3000000", "after"]).data == "after")
        let id = try await server.start("f-long", ["200000", "after"])
        #expect(try await server.done(id)["message"] == "after")
        let clipped = try await ScriptServer(
            Fixtures.task("endless", executable: "head -c 300000 /dev/zero | tr '\\0' x; printf END"))
        let data = try await clipped.run("endless").data.string ?? ""
        #expect(data.hasSuffix("xEND"))
        #expect(data.utf8.count <= 64 << 10)
        #expect(data.utf8.count > 1 << 10)
    }

    @Test func `a million lines to both streams end with both last lines`() async throws {
        // contract §5 case 32
        let server = try await ScriptServer(
            Fixtures.task(
                "flood", "binary", executable: "python3 -c",
                #"args: ["import os\nfor i in range(2000):\n  os.write(1, b''.join(b'o %d\\n' % n for n in range(i*250, i*250+250)))\n  os.write(2, b''.join(b'e %d\\n' % n for n in range(i*250, i*250+250)))"]"#
            ),
            environment: ["MARTLET_LOG_CAP": "2MiB"])
        let answer = try await server.run("flood", within: 300)
        #expect(answer.text == #"{"code":0,"data":"o 499999","msg":"e 499999"}"#)
    }

    @Test func `a gigabyte without a line end is bounded on disk and in memory`() async throws {
        // contract §5 case 31
        let server = try await ScriptServer(
            Fixtures.task("huge", executable: "head -c 1073741824 /dev/zero; echo; echo done"),
            environment: ["MARTLET_LOG_CAP": "2MiB"])
        let pid = server.server.child.pid
        _ = try await server.post("/async/query")
        let before = Processes.memory(pid)
        let id = try await server.start("huge")
        let session = try await server.done(id)
        #expect(session["message"] == "done")
        #expect(session["error"] == "")
        #expect(session["truncated"] == true, "\(session)")
        #expect(Processes.memory(pid, "VmHWM") - before < 64 << 20)
        let run = session["run"].string ?? ""
        #expect(Disk.used(server.site.data + "/runs/" + run) <= 4 << 20)
    }

    @Test func `a child that holds the pipe does not hold the answer and is ended`() async throws {
        // contract §5 case 35
        let server = try await ScriptServer()
        let file = server.site.path("background")
        let started = ContinuousClock.now
        #expect(try await server.run("f-bg", [file]).data == "started")
        #expect(ContinuousClock.now - started < .seconds(150), "the child sleeps for 600 s")
        let child = try #require(server.site.pids(in: file).first)
        try await eventually("the child is gone") { Processes.isAlive(child) ? nil : true }
        #expect(try await server.run("f-lines", ["1"]).data == "line 1")
    }
}
