import Foundation
import MartletCore
import Testing

@testable import martlet

@Suite struct ScheduleCommandTests {
    private func lines(_ text: String) -> [[String]] {
        text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }

    @Test func `a schedule is added, edited, looked at and deleted`() async throws {
        let server = try await CommandLineServer()
        let added = try await server.run(
            "schedules", "add", "nightly", "--cron", "0 3 * * *", "--zone", "Asia/Shanghai", "--grace", "1h", "--label",
            "team=db", "--", "sh", "-c", "exit 3")
        #expect(added.code == 0 && added.out.hasPrefix("nightly version 1, next 2"), "\(added.out) \(added.err)")
        #expect(added.out.contains(" 03:00 Asia/Shanghai"))
        let again = try await server.run("schedules", "add", "nightly", "--every", "1h", "--watch")
        #expect(again.code == 1 && again.err.contains("not new"))
        let edited = try await server.run(
            "schedules", "edit", "nightly", "--every", "90m", "--overlap", "queue", "--grace", "")
        #expect(edited.code == 0, "\(edited.err)")
        let shown = try JSONParser.parse(
            Array(try await server.run("schedules", "show", "nightly", "--json").out.utf8))
        let definition = shown["definition"]
        #expect(definition["every"] == "1h30m" && definition["cron"] == .null && definition["grace"] == .null)
        #expect(definition["overlap"] == "queue" && definition["labels"] == ["team": "db"])
        #expect(definition["tasks"].items.first?["command"] == ["sh", "-c", "exit 3"])
        // Another kind of work takes the place of the command.
        let other = try await server.run("schedules", "edit", "nightly", "--watch", "--if-version", "2")
        #expect(other.code == 0, "\(other.err)")
        #expect(try await server.run("schedules", "edit", "nightly", "--watch", "--if-version", "2").code == 1)
        #expect(try await server.run("schedules", "edit", "nightly").code == 64)
        #expect(try await server.run("schedules", "pause", "nightly").out == "nightly version 4, paused\n")
        let listed = lines(try await server.run("schedules", "list").out)
        #expect(
            listed.count == 2 && listed[1].prefix(2) == ["nightly", "paused"]
                && listed[1].suffix(2) == ["every", "1h30m"])
        #expect(try await server.run("schedules", "resume", "nightly").out.contains("version 5, next "))
        #expect(try await server.run("schedules", "delete", "nightly", "--json").out == "{\"deleted\":\"nightly\"}\n")
        #expect(try await server.run("schedules", "show", "nightly").code == 1)
    }

    @Test func `wrong usage ends with 64, a wrong field with 1 and its name`() async throws {
        let server = try await CommandLineServer()
        for words in [
            ["--cron", "0 3 * * *"], ["--watch"], ["--cron", "0 3 * * *", "--every", "1h", "--watch"],
            ["--every", "1h", "--watch", "--job", "x"], ["--every", "1h", "--watch", "--param", "a=b"],
            ["--every", "1h", "--watch", "--arg", "b"], ["--every", "1h", "--watch", "--label", "a"],
        ] {
            let result = try await CommandLineServer.run(
                ["schedules", "add", "x"] + words, CommandLineServer.environment(server.data))
            #expect(result.code == 64, "\(words): \(result.code) \(result.err)")
        }
        let wrong = try await server.run("schedules", "add", "x", "--cron", "75 3 * * *", "--watch")
        #expect(wrong.code == 1 && wrong.err.contains("cron: minute 75"))
        let gone = try await server.run("schedules", "add", "x", "--every", "1h", "--script", "no/task", "--arg", "-a")
        #expect(gone.code == 1 && gone.err.contains("work.scripts.task"))
    }

    @Test func `times are listed, run, backfilled, and each is in the ledger`() async throws {
        let server = try await CommandLineServer()
        let made = try await server.run("schedules", "add", "n", "--cron", "0 3 * * *", "--zone", "UTC", "--", "true")
        #expect(made.code == 0, "\(made.err)")
        let next = lines(
            try await server.run("schedules", "next", "n", "--count", "2", "--after", "2030-01-01T12:00").out)
        #expect(next.count == 3 && next[1].prefix(3) == ["2030-01-02T03:00:00+00:00", "2030-01-02", "03:00:00Z"])
        let run = try await server.run("schedules", "run", "n").out.trimmingCharacters(in: .newlines)
        #expect(try await server.run("show", run).code == 0)
        let range = ["schedules", "backfill", "n", "--from", "2026-03-01T00:00", "--to", "2026-03-02T12:00"]
        let environment = CommandLineServer.environment(server.data)
        let dry = try await CommandLineServer.run(range + ["--dry-run"], environment)
        #expect(dry.out == "2026-03-01 03:00:00Z\n2026-03-02 03:00:00Z\n" && dry.err.hasPrefix("2 without a run"))
        #expect(try await CommandLineServer.run(range, environment).code == 0)
        #expect(try await CommandLineServer.run(range, environment).err.hasPrefix("0 without a run, 2 with one"))
        let fires = lines(try await server.run("schedules", "fires", "n").out)
        #expect(fires.count == 4 && fires[1].prefix(2) == ["2026-03-02", "03:00:00Z"], "\(fires)")
        #expect(fires.allSatisfy { $0.joined(separator: " ").count <= 80 })
        #expect(try await server.run("schedules", "fires", "n", "--outcome", "nope").code == 1)
    }

    @Test func `every command gives JSON`() async throws {
        let server = try await CommandLineServer()
        let calls = [
            ["add", "n", "--every", "1h", "--job", "j"], ["list"], ["show", "n"], ["next", "n"], ["fires", "n"],
            ["edit", "n", "--dst", "all"], ["pause", "n"], ["resume", "n"], ["run", "n"], ["calendars"],
            ["backfill", "n", "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-01T00:30:00Z"],
            ["preview", "0 3 * * *"], ["delete", "n"],
        ]
        let folder = URL(filePath: server.data).deletingLastPathComponent()
        let file = folder.appending(path: "j.json")
        try Data(#"{"command":["true"]}"#.utf8).write(to: file)
        #expect(try await server.run("jobs", "put", "j", file.path).code == 0)
        let tab = folder.appending(path: "tab")
        try Data("0 3 * * * true\n".utf8).write(to: tab)
        for call in calls + [["import", "--dry-run", tab.path]] {
            let result = try await CommandLineServer.run(
                ["schedules"] + call + ["--json"], CommandLineServer.environment(server.data))
            #expect(result.code == 0, "\(call): \(result.err)")
            #expect(throws: Never.self, "\(call): \(result.out)") { try JSONParser.parse(Array(result.out.utf8)) }
        }
    }

    @Test func `a preview needs no server, and knows zones, calendars and changes of clocks`() async throws {
        let none = ["MARTLET_SERVER": "http://127.0.0.1:1", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]
        func preview(_ words: String...) async throws -> CommandLineServer.Result {
            try await CommandLineServer.run(["schedules", "preview"] + words, none)
        }
        let gap = try await preview(
            "30 2 * * *", "--zone", "Europe/Berlin", "--after", "2026-03-28T12:00", "--count", "1")
        #expect(lines(gap.out).last?.first == "2026-03-29T03:00:00+02:00", "\(gap.out) \(gap.err)")
        let skipped = try await preview(
            "30 2 * * *", "--zone", "Europe/Berlin", "--after", "2026-03-28T12:00", "--count", "1", "--dst", "skip")
        #expect(lines(skipped.out).last?.first == "2026-03-30T02:30:00+02:00")
        let work = try await preview(
            "0 9 * * *", "--zone", "Asia/Shanghai", "--after", "2026-09-30T12:00", "--count", "1", "--calendar",
            "workdays")
        #expect(lines(work.out).last?.first == "2026-10-08T09:00:00+08:00", "\(work.out)")
        #expect(try await preview("TZ=Asia/Tokyo 0 9 * * *", "--json").out.contains("\"zone\":\"Asia/Tokyo\""))
        for words in [["61 * * * *"], ["0 3 * * *", "--zone", "Mars"], ["0 3 * * *", "--after", "soon"]] {
            #expect(try await CommandLineServer.run(["schedules", "preview"] + words, none).code == 1, "\(words)")
        }
        #expect(try await preview("0 3 * * *", "--count", "0").code == 64)
    }

    @Test func `an import shows what is new, changed and not possible, and changes only that`() async throws {
        let server = try await CommandLineServer()
        let folder = URL(filePath: server.data).deletingLastPathComponent()
        let tab = folder.appending(path: "tab")
        func write(_ text: String, to url: URL) throws { try Data(text.utf8).write(to: url) }
        func imported(_ words: String...) async throws -> JSONValue {
            let result = try await CommandLineServer.run(
                ["schedules", "import", "--json"] + words, CommandLineServer.environment(server.data))
            #expect(result.code == 0, "\(result.err)")
            return try JSONParser.parse(Array(result.out.utf8))
        }
        func changes(_ answer: JSONValue) -> [String] {
            answer["items"].items.map { "\($0["name"].string ?? "") \($0["change"].string ?? "")" }
        }
        try write(
            "CRON_TZ=Asia/Shanghai\n0 3 * * * /usr/bin/backup --all\n@reboot x\n15 4 * * 1 /usr/bin/sweep\n", to: tab)
        let dry = try await imported(tab.path, "--dry-run")
        #expect(changes(dry) == ["backup new", "sweep new"] && dry["refused"].items.first?["line"] == 3, "\(dry)")
        #expect(try await server.run("schedules", "list", "--json").out.hasPrefix("{\"items\":[]"))
        #expect(changes(try await imported(tab.path, "--paused")) == ["backup new", "sweep new"])
        let shown = try JSONParser.parse(Array(try await server.run("schedules", "show", "backup", "--json").out.utf8))
        let definition = shown["definition"]
        #expect(
            definition["zone"] == "Asia/Shanghai" && definition["missed"] == "skip" && definition["overlap"] == "allow")
        #expect(
            definition["tasks"].items.first?["command"] == ["/bin/sh", "-c", "/usr/bin/backup --all"], "\(definition)")
        // What is paused stays so, and what is the same is left alone.
        try write("CRON_TZ=Asia/Shanghai\n0 5 * * * /usr/bin/backup --all\n15 4 * * 1 /usr/bin/sweep\n", to: tab)
        let second = try await imported(tab.path)
        #expect(changes(second) == ["backup changed", "sweep same"])
        #expect(second["items"].items.first?["differences"] == ["cron: 0 3 * * * → 0 5 * * *"])
        let table = try await server.run("schedules", "list").out
        #expect(lines(table).dropFirst().map { $0[1] } == ["paused", "paused"])
        // Timers, with the service beside them.
        try write("[Timer]\nOnCalendar=daily\nPersistent=true\n", to: folder.appending(path: "tidy.timer"))
        try write("[Service]\nExecStart=/usr/bin/tidy -x\n", to: folder.appending(path: "tidy.service"))
        let timers = try await imported("--timers", folder.path, "--zone", "UTC")
        #expect(changes(timers) == ["tidy new"], "\(timers)")
        let tidy = timers["items"].items[0]["definition"]
        #expect(tidy["missed"] == .null && tidy["overlap"] == .null && tidy["zone"] == "UTC", "latest and skip")
        #expect(try await server.run("schedules", "import").code == 64)
        #expect(try await server.run("schedules", "import", "/no/such/file").code == 1)
    }
}
