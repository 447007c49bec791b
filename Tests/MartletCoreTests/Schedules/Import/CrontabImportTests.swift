import Foundation
import MartletCore
import MartletTesting
import Testing

/// Crontabs become schedules; what cannot be said exactly is refused.
@Suite struct CrontabImportTests {
    private static func read(_ text: String, system: Bool = false) throws -> ScheduleImport {
        try CrontabImport.read(text, system: system, file: "crontab")
    }

    @Test func `a crontab of a user`() throws {
        let result = try Self.read(
            """
            # m h dom mon dow command
            SHELL=/bin/bash
            PATH = "/usr/local/bin:/usr/bin:/bin"
            MAILTO=ops@example.com

            30 3 * * 1-5   /opt/backup/run.sh --full  # nightly
            \t@daily cd /srv && ./rotate
            CRON_TZ=America/New_York
            'GREETING' = ' hello '
            0 9 1 jan,jul * /opt/backup/run.sh
            """)
        #expect(result.refused.isEmpty)
        #expect(result.entries.map(\.name) == ["run.sh", "srv", "run.sh-2"])
        #expect(result.entries.map(\.line) == [6, 7, 10])
        #expect(result.entries.map(\.cadence) == [.cron("30 3 * * 1-5"), .cron("@daily"), .cron("0 9 1 jan,jul *")])
        #expect(result.entries.map(\.zone) == [nil, nil, "America/New_York"])
        let first = result.entries[0]
        #expect(first.command == ["/bin/bash", "-c", "/opt/backup/run.sh --full  # nightly"])
        #expect(first.environment == ["SHELL": "/bin/bash", "PATH": "/usr/local/bin:/usr/bin:/bin"])
        #expect(first.user == nil && first.directory == nil && !first.catchesUp)
        #expect(first.warnings == ["MAILTO=ops@example.com is left out: notices tell who must know"])
        #expect(result.entries[2].environment["GREETING"] == " hello ")
    }

    @Test func `a system crontab has a user`() throws {
        let result = try Self.read(
            """
            MAILTO=""
            HOME=/var/lib/app
            17 * * * * root    cd / && run-parts --report /etc/cron.hourly
            25 6 * * * root\ttest -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )
            -*/5 * * * * www-data /usr/bin/php -f /srv/cron.php
            1 2 * * * o'neil id
            @hourly
            """, system: true)
        #expect(result.entries.map(\.user) == ["root", "root", "www-data"])
        #expect(result.entries.map(\.name) == ["run-parts", "anacron", "php"])
        #expect(result.entries.allSatisfy { $0.directory == "/var/lib/app" && $0.warnings.isEmpty })
        #expect(result.entries[2].command == ["/bin/sh", "-c", "/usr/bin/php -f /srv/cron.php"])
        #expect(result.refused.map(\.line) == [6, 7])
        #expect(result.refused.allSatisfy { $0.file == "crontab" && $0.reason.contains("user's name") })
    }

    /// A command as written, the text for the shell, and its input.
    static let percents: [(String, String, String?)] = [
        (#"date +\%F"#, "date +%F", nil), ("mail x%hi", "mail x", "hi\n"),
        ("cat%one%two%", "cat", "one\ntwo\n"), (#"cat%a\%b%c"#, "cat", "a%b\nc\n"), ("cat%", "cat", ""),
        (#"printf '\n' \\%x"#, #"printf '\n' \\"#, "x\n"), (#"cat%back\slash"#, "cat", "back\\slash\n"),
    ]

    @Test(arguments: percents)
    func `percent signs begin the input and end its lines`(command: String, text: String, input: String?) throws {
        let entry = try #require(try Self.read("* * * * * \(command)").entries.first)
        if let input {
            #expect(entry.command.suffix(3) == ["/bin/sh", text, input])
        } else {
            #expect(entry.command == ["/bin/sh", "-c", text])
        }
    }

    @Test func `the input reaches the command, and its exit code comes back`() throws {
        let entry = try #require(try Self.read(#"* * * * * cat >"$OUT"; exit 7%a 'b' "c" $d%%e"#).entries.first)
        let file = FileManager.default.temporaryDirectory.appending(path: "import-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: entry.command[0])
        process.arguments = Array(entry.command.dropFirst())
        process.environment = ["OUT": file.path, "PATH": "/usr/bin:/bin"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 7)
        #expect(try String(contentsOf: file, encoding: .utf8) == "a 'b' \"c\" $d\n\ne\n")
    }

    static let refused: [(String, String)] = [
        ("@reboot /bin/true", "@reboot is not a time"), ("@every 5m x", "is not one of @reboot"),
        ("0~30 * * * * x", "write H(a-b)"), ("* * * *", "neither five fields"), ("* * * * *", "no command"),
        ("* * * * * %x", "no command"), ("75 * * * * x", "minute 75 is not from 0 to 59"),
        ("0 0 30 2 * x", "no date ever matches"), ("CRON_TZ=CST", "not a zone of the time zone database"),
        ("a-b=c", "not a name for a variable"), ("hello world", "neither five fields"),
        ("* * * * * x\u{0}y", "NUL"), ("٥ * * * * x", "printable ASCII"),
    ]

    @Test(arguments: refused) func `a line that cannot be taken over is listed with the reason`(
        line: String, reason: String
    ) throws {
        let result = try Self.read("5 4 * * * before\n\(line)\n")
        #expect(result.entries.map(\.name) == ["before"])
        #expect(result.refused.map(\.line) == [2])
        #expect(result.refused.first?.reason.contains(reason) == true, "\(result.refused)")
    }

    @Test func `entries after a wrong zone are refused, until the next good one`() throws {
        let result = try Self.read("CRON_TZ=Mars\n1 1 * * * a\nCRON_TZ=UTC\n1 1 * * * b\n")
        #expect(result.entries.map(\.name) == ["b"] && result.entries.first?.zone == "UTC")
        #expect(result.refused.map(\.line) == [1, 2])
    }

    @Test func `names are tokens, and none comes twice`() throws {
        let commands = [
            "/opt/备份 x", "a b", "a c", "a-2 d", "FOO=1 /x/y.py", "[ -f /etc/x ]", "\"quoted thing\"", "$HOME/bin/z",
            "!!",
        ]
        let result = try Self.read(commands.map { "* * * * * \($0)\n" }.joined())
        #expect(result.entries.count == commands.count)
        #expect(Set(result.entries.map(\.name)).count == commands.count, "\(result.entries.map(\.name))")
        #expect(result.entries.allSatisfy { Token.isValid($0.name) })
        #expect(result.entries[4].name == "y.py")
    }

    @Test func `lines may end in carriage returns, which is told`() throws {
        let result = try Self.read("# x\r\n\r\n1 1 * * * /bin/true\r\n")
        #expect(result.refused.isEmpty && result.entries.map(\.command) == [["/bin/sh", "-c", "/bin/true"]])
        #expect(result.entries.first?.warnings.count == 1)
    }

    @Test func `hostile files end quickly`() throws {
        #expect(throws: MartletError.self) { try Self.read(String(repeating: "x", count: (1 << 20) + 1)) }
        let texts = [
            String(repeating: "* * * * * x\n", count: 5000), String(repeating: "\n", count: 1 << 18),
            String(repeating: "%", count: 1 << 20), "* * * * * " + String(repeating: "a ", count: 100_000),
            String(repeating: "=", count: 1 << 20), "\"" + String(repeating: "a", count: 1 << 19),
        ]
        for text in texts {
            let time = try ThreadClock.measure { _ = try Self.read(text) }
            #expect(time < .seconds(10), "\(text.prefix(10))")
        }
    }
}
