import Foundation
import MartletCore
import Testing

/// How the end of a process is told.
@Suite(.few) struct ScriptExitTests {
    @Test func `success has the last line of stdout as data and of stderr as msg`() async throws {
        // the document's table of the synchronous answer
        let server = try await ScriptServer(
            Fixtures.task("both", executable: "echo o1; echo e1 >&2; echo o2; echo e2 >&2; true"))
        #expect(try await server.run("both").text == #"{"code":0,"data":"o2","msg":"e2"}"#)
    }

    @Test func `an exit code is told with the last line of stderr, and stdout stays in data`() async throws {
        // contract §5 case 23
        let server = try await ScriptServer()
        for code in ["1", "7", "255"] {
            let answer = try await server.run("f-fail", [code])
            #expect(answer.status == 200)
            #expect(answer.code == 1)
            #expect(answer.msg == "exec error: exit status \(code) (boom)")
            #expect(answer.data == "out")
        }
        let silent = try await ScriptServer(Fixtures.task("quiet", executable: "exit 3; true"))
        #expect(try await silent.run("quiet").msg == "exec error: exit status 3 ()")
        #expect(try await silent.run("quiet").data == "")
    }

    @Test func `callers that read message instead of msg find a failure's text there, too`() async throws {
        // contract §2 row 34
        let server = try await ScriptServer()
        let failed = try await server.run("f-fail", ["1"])
        #expect(failed.json["message"].string == failed.msg)
        #expect(failed.text.hasPrefix(#"{"code":1,"data":"out","msg":"exec error: exit status 1 (boom)""#))
        #expect(try await server.run("f-args").json.object?.keys.sorted() == ["code", "data", "msg"])
    }

    @Test func `a program that is missing, not executable or no program is a failed start`() async throws {
        // contract §5 case 25
        let site = try Site(
            Fixtures.task("nowhere", "binary", executable: "no-such-program-here a")
                + Fixtures.task("gone", "binary", executable: "gone", collected: true)
                + Fixtures.task("plain", "binary", executable: "plain", collected: true)
                + Fixtures.task("bare", "binary", executable: "bare", collected: true)
                + Fixtures.task("lost", "binary", executable: "lost", collected: true)
                + Fixtures.task("bare-sh", executable: "bare", collected: true)
                + Fixtures.task("plain-sh", executable: "plain", collected: true))
        try site.script("plain", "#!/bin/sh\necho no\n", mode: 0o644)
        try site.script("bare", "echo from a shell\n")
        try site.script("lost", "#!/no/such/interpreter\n")
        let server = try await ScriptServer(site)
        let wanted = [
            ("nowhere", #"exec start failed: exec: "no-such-program-here": executable file not found in $PATH"#),
            ("gone", "exec start failed: fork/exec \(site.collect)/gone: no such file or directory"),
            ("plain", "exec start failed: fork/exec \(site.collect)/plain: permission denied"),
            ("bare", "exec start failed: fork/exec \(site.collect)/bare: exec format error"),
            ("lost", "exec start failed: fork/exec \(site.collect)/lost: no such file or directory"),
        ]
        for (task, msg) in wanted {
            let answer = try await server.run(task)
            #expect(answer.code == 1, "\(task)")
            #expect(answer.msg == msg)
            #expect(answer.data == "")
        }
        // What only the shell finds out is the shell's exit code.
        #expect(try await server.run("bare-sh").data == "from a shell")
        #expect(try await server.run("plain-sh").msg.hasPrefix("exec error: exit status 126 ("))
    }

    @Test(arguments: [
        ("KILL", "killed"), ("TERM", "terminated"), ("SEGV", "segmentation fault"), ("HUP", "hangup"),
        ("ABRT", "aborted"), ("USR1", "user defined signal 1"),
    ])
    func `a signal is told by its name`(_ signal: String, _ name: String) async throws {
        // contract §5 case 26
        let server = try await ScriptServer(
            Fixtures.task("suicide", executable: "echo before; echo last words >&2; kill -\(signal) $$; sleep 5"))
        let answer = try await server.run("suicide")
        #expect(answer.code == 1)
        #expect(answer.msg == "exec error: signal: \(name) (last words)")
        #expect(answer.data == "before")
    }

    @Test func `an exit code of success_codes is success`() async throws {
        let server = try await ScriptServer(
            Fixtures.task("rsync", "binary", executable: "fail", collected: true, "success_codes: [0, 24]"))
        let good = try await server.run("rsync", ["24"])
        #expect(good.text == #"{"code":0,"data":"out","msg":"boom"}"#)
        #expect(try await server.run("rsync", ["0"]).code == 0)
        #expect(try await server.run("rsync", ["23"]).msg == "exec error: exit status 23 (boom)")
        let id = try await server.start("rsync", ["24"])
        let session = try await server.done(id)
        #expect(session["error"] == "")
        #expect(session["status"] == "succeeded")
        #expect(session["exit_code"] == 24)
    }

    @Test func `the built-in example counts, and says what is wrong with its body`() async throws {
        // contract §5 case 52
        let server = try await ScriptServer()
        let started = ContinuousClock.now
        #expect(try await server.post("/sync/tendb-ha/counter", #"{"counter":2}"#).data == "hello world")
        #expect(ContinuousClock.now - started >= .seconds(2))
        for body in ["{}", "null", #"{"counter":-1}"#, #"{"counter":null}"#, #"{"COUNTER":0,"more":[]}"#] {
            #expect(try await server.post("/sync/tendb-ha/counter", body).data == "hello world", "\(body)")
        }
        let wrong = [
            ("", "unexpected end of JSON input"),
            (#"{"counter":"1"}"#, "json: cannot unmarshal string into Go struct field demoArg.counter of type int"),
            (#"{"counter":1.5}"#, "json: cannot unmarshal number 1.5 into Go struct field demoArg.counter of type int"),
        ]
        for (body, msg) in wrong {
            let answer = try await server.post("/sync/tendb-ha/counter", body)
            #expect(answer.code == 1, "\(body)")
            #expect(answer.msg == msg, "\(body)")
        }
        let list = try await server.post("/sync/tendb-ha/counter", "[]")
        #expect(list.code == 1)
        #expect(list.msg.hasPrefix("json: cannot unmarshal array into Go value of type "), "\(list.msg)")
    }
}
