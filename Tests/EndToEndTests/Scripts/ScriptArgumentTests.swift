import Foundation
import MartletCore
import Testing

/// How words of the file and posted values reach the process.
@Suite(.few) struct ScriptArgumentTests {
    @Test func `posted values follow the words of the file`() async throws {
        // contract §5 case 7
        let server = try await ScriptServer()
        let answer = try await server.run("tendb-cluster/demo-1", ["123", "456"])
        #expect(answer.data == "hello aaa bbb 123 456")
    }

    @Test func `a python task gets each value as one argument`() async throws {
        // contract §5 case 10
        let server = try await ScriptServer(
            Fixtures.task(
                "py", "python", executable: "args.py x  y", collected: true, #"args: ["a b", "$HOME"]"#))
        let answer = try await server.run("py", ["q w", "x;y", ""])
        #expect(answer.data.parsed == ["x", "y", "a b", "$HOME", "q w", "x;y", ""])
    }

    @Test func `a binary task gets each value as one argument`() async throws {
        // contract §5 case 11
        let server = try await ScriptServer(
            Fixtures.task("bin", "binary", executable: "args p1 p2", collected: true, #"args: ["c d"]"#))
        #expect(try await server.run("bin", ["q w"]).data.parsed == ["p1", "p2", "c d", "q w"])
    }

    @Test func `perl, python3, bash and the word shell are started as the table says`() async throws {
        // contract §1.10, §1.22
        let server = try await ScriptServer(
            Fixtures.task("pl", "perl", executable: "args.pl one", collected: true)
                + Fixtures.task("py", "python3", executable: "args.py", collected: true)
                + Fixtures.task("ba", "bash", executable: "echo ${BASH_VERSION:+bash}", "args: [a]")
                + Fixtures.task("sl", "shell", executable: "echo $0 $((40 + 2))"))
        #expect(try await server.run("pl", ["$x", "y z"]).data == "one|$x|y z")
        #expect(try await server.run("py", ["*"]).data.parsed == ["*"])
        #expect(try await server.run("ba", ["b  c"]).data == "bash a b  c")
        #expect(try await server.run("sl", ["x"]).data == "sh 42 x")
    }

    /// What a shell would do something with.
    static let hostile = [
        "$(id -u)", "`id -u`", ";", "; touch PWNED", "| cat", "&& id", "> PWNED", "*", "~", "$HOME", "${PATH}", "'",
        "\"",
        "'; id; '", "\"; id; \"", "\\", "a\nb", "a\tb", "  two  spaces  ", "", "-n", "-e", "--help", "--", "#x", "!!",
        "{a,b}",
        "中文 <&>", "$1", "\"$@\"",
    ]

    @Test(arguments: ["binary", "python", "sh", "bash"])
    func `shell characters in posted values are data`(_ language: String) async throws {
        // contract §2 row 12
        let script = language == "python" ? "args.py" : "args"
        let server = try await ScriptServer(Fixtures.task("show", language, executable: script, collected: true))
        let answer = try await server.run("show", Self.hostile)
        #expect(answer.data.parsed.texts == Self.hostile)
        // Each at the end, too, where a shell would look at it last.
        for value in Self.hostile where language == "sh" || language == "bash" {
            #expect(try await server.run("show", [value]).data.parsed.texts == [value], "\(value)")
        }
    }

    @Test func `nothing in posted values reaches the shell of an inline text`() async throws {
        let server = try await ScriptServer(Fixtures.task("echo", executable: "echo got"))
        let flag = server.site.path("PWNED")
        for value in [
            "; touch \(flag)", "$(touch \(flag))", "`touch \(flag)`", "\ntouch \(flag)\n", "' ; touch \(flag) '",
        ] {
            let answer = try await server.run("echo", [value])
            #expect(answer.code == 0)
            #expect(!FileManager.default.fileExists(atPath: flag), "\(value)")
        }
    }

    @Test func `with shell_args raw a posted value is shell text`() async throws {
        // contract §5 case 13
        let server = try await ScriptServer(
            Fixtures.task("raw", executable: "echo got", "shell_args: raw")
                + Fixtures.task("quoted", executable: "echo got", "shell_args: quoted"),
            environment: ["WORD": "expanded"])
        #expect(try await server.run("raw", ["$WORD"]).data == "got expanded")
        #expect(try await server.run("raw", ["a  b", "; echo $((1 + 1))"]).data == "2")
        #expect(try await server.run("quoted", ["$WORD"]).data == "got $WORD")
    }

    @Test func `words of the file are shell text`() async throws {
        // contract §1.10: that is how the sample task gets at $CS_DB_USER
        let server = try await ScriptServer(environment: ["CS_DB_USER": "ada"])
        #expect(try await server.run("tendb-cluster/shell-echo").data == "hello ada aaa bbb")
        #expect(
            try await server.run("tendb-cluster/shell-echo", ["$CS_DB_USER"]).data == "hello ada aaa bbb $CS_DB_USER")
    }

    @Test func `arguments of the file are taken as they are written`() async throws {
        // contract §1.18
        let server = try await ScriptServer(
            Fixtures.task(
                "show", "binary", executable: "args", collected: true, "args: [1, 2.50, true, null, 0x10, yes]"))
        #expect(try await server.run("show").data.parsed == ["1", "2.50", "true", "", "0x10", "yes"])
    }
}
