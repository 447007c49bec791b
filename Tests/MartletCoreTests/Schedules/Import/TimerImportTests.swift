import Foundation
import MartletCore
import MartletTesting
import Testing

/// Timers of systemd become schedules; what cannot be said exactly is refused.
@Suite struct TimerImportTests {
    private static let service = "[Service]\nType=oneshot\nExecStart=/bin/true\n"

    private static func read(_ timer: String, _ service: String? = service) throws -> ScheduleImport {
        try TimerImport.read(timer: "[Timer]\n\(timer)\n", service: service, unit: "backup.timer")
    }

    /// A value of OnCalendar and the cron text that means the same; each was compared with `systemd-analyze calendar`.
    static let calendars: [(String, String)] = [
        ("minutely", "* * * * *"), ("hourly", "0 * * * *"), ("daily", "0 0 * * *"), ("weekly", "0 0 * * 1"),
        ("monthly", "0 0 1 * *"), ("yearly", "0 0 1 1 *"), ("quarterly", "0 0 1 1,4,7,10 *"),
        ("semi-annually", "0 0 1 1,7 *"),
        ("*-*-* 03:30:00", "30 3 * * *"), ("03:30", "30 3 * * *"), ("*:0/15", "0,15,30,45 * * * *"),
        ("*-*-* 00/6:00", "0 0,6,12,18 * * *"), ("*-*-* 6,18:00", "0 6,18 * * *"), ("*-*-* 02..04:10", "10 2-4 * * *"),
        ("*:*:0/20", "0,20,40 * * * * *"), ("*:0..30/10:30", "30 0,10,20,30 * * * *"), ("*:*", "* * * * *"),
        ("*:*:*", "* * * * * *"),
        ("Mon..Fri 09:00", "0 9 * * 1-5"), ("Mon,Wed..Fri", "0 0 * * 1,3-5"), ("mon-FRIDAY 1:2", "2 1 * * 1-5"),
        ("Sat,Sun 5:00", "0 5 * * 0,6"),
        ("Sat..Sun 5:00", "0 5 * * 0,6"), ("*-*-1,15 00:00", "0 0 1,15 * *"), ("*-01..03-01", "0 0 1 1-3 *"),
        ("12-24 18:00", "0 18 24 12 *"),
        ("*-*-01/10", "0 0 1,11,21,31 * *"), ("*-*~01 23:00", "0 23 L * *"), ("*-02~03", "0 0 L-2 2 *"),
        ("*-*~1,3", "0 0 L,L-2 * *"),
        ("Sun *-*-1..7 03:10", "10 3 * * 0#1"), ("Mon,Fri *-*-8..14 4:00", "0 4 * * 1#2,5#2"),
        ("Sat *-*-1..14 4:00", "0 4 * * 6#1,6#2"),
        ("Fri *-*~01..07 4:00", "0 4 * * 5L"), ("Mon..Sun *-*-3 4:00", "0 4 3 * *"),
    ]

    @Test(arguments: calendars) func `a calendar event becomes cron`(event: String, cron: String) throws {
        let result = try Self.read("OnCalendar=\(event)")
        #expect(result.refused.isEmpty && result.entries.map(\.cadence) == [.cron(cron)], "\(result)")
    }

    @Test func `zones and single times`() throws {
        let zoned = try Self.read("OnCalendar=Mon 05:00 Asia/Shanghai").entries
        #expect(zoned.first?.zone == "Asia/Shanghai" && zoned.first?.cadence == .cron("0 5 * * 1"))
        #expect(try Self.read("OnCalendar=weekly UTC").entries.first?.zone == "UTC")
        let single = try Self.read("OnCalendar=2026-12-24 18:00:05 Asia/Shanghai").entries.first
        #expect(single?.cadence == .at(try Times.date("2026-12-24T10:00:05Z")))
        let repeated = try Self.read("OnCalendar=26-10-25 02:30 Europe/Berlin").entries.first
        #expect(repeated?.cadence == .at(try Times.date("2026-10-25T00:30:00Z")))
    }

    static let refused: [(String, String)] = [
        ("OnCalendar=*:*/15", "minute * is not from 0 to 59"), ("OnCalendar=Fri..Mon 5:00", "runs backwards"),
        ("OnCalendar=Sun..Tue", "runs backwards"),
        ("OnCalendar=*-*-* 24:00", "hour 24"), ("OnCalendar=*-*-* 00:00:00.5", "second 00.5"),
        ("OnCalendar=2026-*-01", "leave out the year"),
        ("OnCalendar=2026-12-24 18:00", "needs its zone"), ("OnCalendar=2026-02-30 18:00 UTC", "does not exist"),
        ("OnCalendar=2026-03-29 02:30 Europe/Berlin", "jump over"), ("OnCalendar=Mon *-*-1..10", "whole weeks only"),
        ("OnCalendar=Mon *-*~1", "whole weeks only"), ("OnCalendar=*-*~07/1", "steps of days from the end"),
        ("OnCalendar=5", "not a date"),
        ("OnCalendar=*-02-30", "no date ever matches"), ("OnCalendar=someday", "not a weekday"),
        ("OnCalendar=5:00 Mars/Olympus", "time zone database"),
        ("OnCalendar=Mon, Tue 5:00", "not a date"), ("OnCalendar=@1", "not a date"),
        ("OnCalendar=*-*-* 5:0/0", "step of minute 0"),
        ("OnBootSec=5min", "starts once"), ("OnActiveSec=5min", "starts once"),
        ("OnUnitInactiveSec=1h", "pause after the end"),
        ("OnUnitActiveSec=10ms", "not a span"), ("OnUnitActiveSec=infinity", "not a span"),
        ("OnClockChange=true", "not a time"),
        ("Persistent=true", "no time"), ("nonsense", "neither a section"),
    ]

    @Test(arguments: refused) func `what cannot be said exactly is refused`(line: String, reason: String) throws {
        let result = try Self.read(line)
        #expect(result.entries.isEmpty)
        #expect(result.refused.first?.reason.contains(reason) == true, "\(result.refused)")
        #expect(result.refused.first?.file == "backup.timer")
    }

    static let spans: [(String, Int64)] = [
        ("5min 20s", 320), ("1.5h", 5400), ("2w", 1_209_600), ("90", 90), ("1h30", 3630), ("1month", 2_629_800),
        ("2 days", 172_800),
    ]

    @Test(arguments: spans) func `an interval is counted anew, which is told`(span: String, seconds: Int64) throws {
        let entry = try #require(
            try Self.read("OnBootSec=5min\nOnUnitActiveSec=\(span)\nPersistent=true").entries.first)
        #expect(entry.cadence == .every(.seconds(seconds)))
        // Persistent= is about calendar events alone.
        #expect(!entry.catchesUp && entry.warnings.count == 2)
    }

    @Test func `a timer and its service`() throws {
        let timer = """
            [Unit]
            Description=Nightly \\
              backup
            [Timer]
            OnCalendar=hourly
            OnCalendar=
            # both of these
            OnCalendar=Mon..Fri *-*-* \\
            ; a comment between
              03:30
            OnCalendar=Sun 05:00
            Persistent=yes
            RandomizedDelaySec=30min
            WakeSystem=true
            [Install]
            WantedBy=timers.target
            """
        let service = #"""
            [Unit]
            ConditionACPower=true
            [Service]
            Type=oneshot
            User=backup
            Nice=10
            WorkingDirectory=/srv/data
            Environment=A=1 "B=two words" 'C=100%%'
            Environment=D=x\x41\u4e2d
            ExecStart=/usr/bin/sh -c 'echo "$HOME" $$1; date +%%F' arg\swith "a \"b\" c" ''
            """#
        let result = try TimerImport.read(timer: timer, service: service, unit: "/etc/systemd/system/backup.timer")
        #expect(result.refused.isEmpty, "\(result.refused)")
        #expect(result.entries.map(\.name) == ["backup", "backup-2"] && result.entries.map(\.line) == [8, 11])
        #expect(result.entries.map(\.cadence) == [.cron("30 3 * * 1-5"), .cron("0 5 * * 0")])
        let entry = result.entries[0]
        #expect(entry.command == ["/usr/bin/sh", "-c", #"echo "$HOME" $1; date +%F"#, "arg with", #"a "b" c"#, ""])
        #expect(entry.environment == ["A": "1", "B": "two words", "C": "100%", "D": "xA中"])
        #expect(entry.user == "backup" && entry.directory == "/srv/data" && entry.catchesUp)
        #expect(
            entry.warnings == [
                "RandomizedDelaySec=30min is left out: write H in the minute or the hour to spread the load",
                "the timer has 2 times, each a schedule of its own: where two fall together both start",
                "left out of the timer: WakeSystem", "left out of the service: ConditionACPower, Nice",
            ])
    }

    @Test func `the service is found by its name`() {
        #expect(TimerImport.service(of: "[Timer]\nOnCalendar=daily\n", unit: "backup.timer") == "backup.service")
        #expect(TimerImport.service(of: "[Timer]\nUnit=other.service\n", unit: "backup.timer") == "other.service")
    }

    static let services: [(String?, String)] = [
        (nil, "file of the service is missing"), ("[Service]\n", "there are 0"),
        ("[Service]\nExecStart=/a\nExecStart=/b\n", "there are 2"),
        ("[Service]\nType=forking\nExecStart=/a\n", "end with their process"),
        ("[Service]\nExecStart=/a %i\n", "specifier %i"),
        ("[Service]\nExecStart=/a $X\n", "filled in by systemd"),
        ("[Service]\nExecStart=/a \"x ${X}\"\n", "filled in by systemd"),
        ("[Service]\nExecStart=/a ; /b\n", "several commands"), ("[Service]\nExecStart=/a 'x\n", "not closed"),
        ("[Service]\nExecStart=/a \\q\n", "not an escape"), ("[Service]\nExecStart=/a \\x0\n", "digits"),
        ("[Service]\nExecStart=+/a\n", "sign +"),
        ("[Service]\nExecStart=-\n", "no command"), ("[Service]\nExecStart=/a\nExecStartPre=/b\n", "depends on it"),
        ("[Service]\nExecStart=/a\nEnvironmentFile=/etc/x\n", "depends on it"),
        ("[Service]\nExecStart=/a\nEnvironment=1X=2\n", "NAME=value"),
        ("[Service]\nExecStart=/a\nUser=%i\n", "plain user's name"),
        ("[Service]\nExecStart=/a\nWorkingDirectory=~\n", "absolute path"),
        ("hello", "neither a section"),
    ]

    @Test(arguments: services) func `a service that cannot be taken over makes no schedule`(
        service: String?, reason: String
    ) throws {
        let result = try Self.read("OnCalendar=daily", service)
        #expect(result.entries.isEmpty)
        #expect(
            result.refused.contains { $0.reason.contains(reason) && $0.file == "backup.service" }, "\(result.refused)")
    }

    @Test func `an ignored failure is told`() throws {
        let entry = try #require(
            try Self.read("OnCalendar=daily", "[Service]\nExecStart=-:/a ${X} \\;\n").entries.first)
        #expect(entry.command == ["/a", "${X}", ";"] && entry.warnings.first?.contains("exit code") == true)
    }

    @Test func `hostile files end quickly`() throws {
        #expect(throws: MartletError.self) { try Self.read(String(repeating: "x", count: 1 << 20)) }
        let many = 1 << 17
        let timers = [
            "OnCalendar=" + String(repeating: "1,", count: many / 2), String(repeating: "a=\\\n", count: many / 4),
            String(repeating: "OnCalendar=daily\n", count: 3000),
            "OnUnitActiveSec=" + String(repeating: "1h ", count: many / 3),
        ]
        let quoted = "[Service]\nExecStart=" + String(repeating: "\\x41\"", count: many / 5)
        for (timer, service) in timers.map({ ($0, Self.service) }) + [("OnCalendar=daily", quoted)] {
            let time = try ThreadClock.measure { _ = try Self.read(timer, service) }
            #expect(time < .seconds(10), "\(timer.prefix(20)): \(time)")
        }
    }
}
