import Foundation
import MartletCore
import Testing

@Suite struct SecretCommandTests {
    @Test func `a secret is set from stdin, shown, told, used and deleted`() async throws {
        let server = try await CommandLineServer()
        let set = try await server.run(
            "secret", "set", "prod-db", "--description", "of orders", input: "correct-horse\n")
        #expect(set.code == 0 && set.out == "prod-db version 1\n", "\(set.err)")
        #expect(try await server.run("secret", "value", "prod-db").out == "correct-horse\n")
        let list = try await server.run("secret")
        #expect(list.out.contains("prod-db") && list.out.contains("of orders") && !list.out.contains("horse"))
        let show = try await server.run("secret", "show", "prod-db")
        #expect(show.out.contains("\"version\" : 1") && !show.out.contains("horse"))
        for words in [["list"], ["show", "prod-db"], ["value", "prod-db"]] {
            let result = try await CommandLineServer.run(
                ["secret"] + words + ["--json"], CommandLineServer.environment(server.data))
            #expect(throws: Never.self, "\(words)") { try JSONParser.parse(Array(result.out.utf8)) }
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
        try Data("{secrets: {PASS: prod-db}, command: [sh, -c, 'echo \"[$PASS] ${#PASS}\"']}".utf8).write(to: file)
        #expect(try await server.run("jobs", "put", "tell", file.path).code == 0)
        #expect(try await server.run("run", "--follow", "tell").out == "[•••] 13\n")
        #expect(try await server.run("secret", "delete", "prod-db").code == 0)
        let gone = try await server.run("run", "tell")
        #expect(gone.code == 1 && gone.err.contains("martlet secret set prod-db"), "\(gone.err)")
    }

    @Test(arguments: [
        ("one line", "one line"), ("one line\n", "one line"), ("one line\r\n", "one line"),
        ("line one\nline two\n", "line one\nline two\n"), ("one line\n\n", "one line\n\n"), (" a b c ", " a b c "),
    ])
    func `the line end of a single line alone is removed`(input: String, value: String) async throws {
        let server = try await CommandLineServer()
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(input.utf8).write(to: file)
        #expect(try await server.run("secret", "set", "piped", input: input).code == 0)
        #expect(try await server.run("secret", "set", "file", "--file", file.path).code == 0)
        for name in ["piped", "file"] {
            let reply = try await server.run("secret", "value", name, "--json").out
            #expect(try JSONParser.parse(Array(reply.utf8)).object?["value"]?.string == value)
        }
    }

    @Test func `a value is never an argument, and what is wrong is said without it`() async throws {
        let server = try await CommandLineServer()
        #expect(try await server.run("secret", "set", "a", "the-value").code == 64)
        let short = try await server.run("secret", "set", "a", input: "abc\n")
        #expect(short.code == 1 && short.err.contains("value: is shorter than 5 bytes"), "\(short.err)")
        #expect(try await server.run("secret", "set", "a").code == 1, "nothing on stdin")
        #expect(try await server.run("secret", "set", "a", "--file", "/nonexistent").code == 1)
        #expect(try await server.run("secret", "set", "a", "--keep-value").code == 64)
        #expect(try await server.run("secret", "set", "a", "--keep-value", "--description", "x").code == 1)
        #expect(try await server.run("secret", "set", "a", input: "••••••••").code == 1)
        #expect(try await server.run("secret", "set", "a", "--if-version", "1", input: "some value").code == 1)
        #expect(try await server.run("secret", "set", "a", "--if-version", "0", input: "some value").code == 0)
        #expect(try await server.run("secret", "set", "a", "--keep-value", "--description", "x").out == "a version 2\n")
        #expect(try await server.run("secret", "value", "a").out == "some value\n")
    }

    /// Plays a terminal: types when it is asked, and prints what was shown.
    private static let terminal = """
        import os, pty, sys
        pid, fd = pty.fork()
        if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
        shown = b""
        while b": " not in shown: shown += os.read(fd, 1000)
        os.write(fd, os.environ["TYPED"].encode())
        try:
            while part := os.read(fd, 1000): shown += part
        except OSError: pass
        print(shown.decode())
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """

    @Test func `a prompt shows nothing of what is typed, and Ctrl-C stores nothing`() async throws {
        let server = try await CommandLineServer()
        func type(_ keys: String) async throws -> CommandLineServer.Result {
            let program = CommandLineServer.binaries.appending(path: "martlet").path
            return try await CommandLineServer.run(
                ["-c", Self.terminal, program, "secret", "set", "typed"],
                CommandLineServer.environment(server.data).merging(["TYPED": keys]) { $1 },
                program: URL(filePath: "/usr/bin/python3"))
        }
        let stopped = try await type("correct-ho\u{3}")
        #expect(stopped.code == 1 && stopped.out.contains("nothing was stored"), "\(stopped.out)")
        #expect(try await server.run("secret", "value", "typed").code == 1)
        let typed = try await type("correct-horse\n")
        #expect(typed.code == 0 && typed.out.contains("value of typed: ") && typed.out.contains("typed version 1"))
        #expect(!typed.out.contains("horse"))
        #expect(try await server.run("secret", "value", "typed").out == "correct-horse\n")
    }
}
