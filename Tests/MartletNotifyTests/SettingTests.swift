import Foundation
import MartletCore
import Testing

@testable import MartletNotify

/// The setting `notices.channels`, and mail.
@Suite struct SettingTests {
    private func parse(_ json: String, files: [String: String] = [:]) throws -> (
        channels: [ChannelSettings], problems: [FieldProblem]
    ) {
        let problems = Fields.Problems()
        let entries = try JSONParser.parse(Array(json.utf8)).array ?? []
        let channels = ChannelSettings.parse(entries, at: "c", problems: problems) { files[$0].map { Array($0.utf8) } }
        return (channels, problems.all)
    }

    @Test func `all that a channel can have is read`() throws {
        let (channels, problems) = try parse(
            #"""
            [{"name":"ops","kind":"dingtalk","token":{"file":"/t"},"secret":{"secret":"robot"},"format":"markdown","perMinute":10,
              "rules":[{"on":["failed","recovered"],"jobs":["night*"],"groups":["g"],"labels":{"team":"d*"},"drivers":["command"]}]},
             {"name":"mail","kind":"mail","to":["a@b.example","c@d.example"],"from":"m@b.example","rules":[]},
             {"name":"hook","kind":"webhook","url":"https://h.example/p?k=secret"}]
            """#, files: ["/t": "token-in-file\n"])
        #expect(problems.isEmpty)
        #expect(channels[0].token == .given(Secret("token-in-file")) && channels[0].secret == .stored("robot"))
        #expect(channels[0].perMinute == 10 && channels[0].format == .markdown && channels[0].rules.count == 1)
        #expect(channels[0].target == "https://oapi.dingtalk.com")
        #expect(channels[1].rules.isEmpty && channels[1].to.count == 2 && channels[1].perMinute == nil)
        #expect(channels[2].rules == [NoticeRule()] && channels[2].target == "https://h.example")
    }

    @Test(arguments: [
        (#"[{"kind":"mail","to":"a@b"}]"#, "c[0].name"), (#"[{"name":"a b","kind":"mail","to":"a@b"}]"#, "c[0].name"),
        (#"[{"name":"a"}]"#, "c[0].kind"), (#"[{"name":"a","kind":"sms"}]"#, "c[0].kind"),
        (#"[{"name":"a","kind":"dingtalk"}]"#, "c[0].token"),
        (#"[{"name":"a","kind":"wecom","token":"x"}]"#, "c[0].token"),
        (#"[{"name":"a","kind":"wecom","token":"xxxxxx","secret":"yyyyyy"}]"#, "c[0].secret"),
        (#"[{"name":"a","kind":"wecom","token":{"file":"/absent"}}]"#, "c[0].token"),
        (#"[{"name":"a","kind":"wecom","token":{"secret":"no such"}}]"#, "c[0].token"),
        (#"[{"name":"a","kind":"wecom","token":5}]"#, "c[0].token"),
        (#"[{"name":"a","kind":"webhook"}]"#, "c[0].url"),
        (#"[{"name":"a","kind":"webhook","url":"ftp://x"}]"#, "c[0].url"),
        (#"[{"name":"a","kind":"webhook","url":"http://x","token":"tttttt"}]"#, "c[0].token"),
        (#"[{"name":"a","kind":"webhook","url":"http://x","to":"a@b"}]"#, "c[0].to"),
        (#"[{"name":"a","kind":"mail"}]"#, "c[0].to"),
        (#"[{"name":"a","kind":"mail","to":"a@b\nBcc: x@y"}]"#, "c[0].to"),
        (#"[{"name":"a","kind":"mail","to":"-oQ@x"}]"#, "c[0].to"),
        (#"[{"name":"a","kind":"mail","to":"a,b@x"}]"#, "c[0].to"),
        (#"[{"name":"a","kind":"mail","to":"a@b","url":"http://x"}]"#, "c[0].url"),
        (#"[{"name":"a","kind":"feishu","token":"tttttt","format":"markdown"}]"#, "c[0].format"),
        (#"[{"name":"a","kind":"mail","to":"a@b","perMinute":0}]"#, "c[0].perMinute"),
        (#"[{"name":"a","kind":"mail","to":"a@b","rules":[{"on":["sometimes"]}]}]"#, "c[0].rules[0].on"),
        (#"[{"name":"a","kind":"mail","to":"a@b","rules":[{"when":[]}]}]"#, "c[0].rules[0].when"),
        (#"[{"name":"a","kind":"mail","to":"a@b","ruls":[]}]"#, "c[0].ruls"),
        (#"[{"name":"a","kind":"mail","to":"a@b"},{"name":"a","kind":"mail","to":"a@b"}]"#, "c[1].name"),
        (#"["x"]"#, "c[0]"),
        (
            #"[{"name":"a","kind":"wecom","token":"abcdef"},{"name":"b","kind":"wecom","token":"abcdef"}]"#,
            "c[1].token"
        ),
        (
            #"[{"name":"a","kind":"wecom","token":{"secret":"s"},"url":"http://x/"},{"name":"b","kind":"wecom","token":{"secret":"s"},"url":"http://x"}]"#,
            "c[1].token"
        ),
    ]) func `what is wrong is named`(json: String, field: String) throws {
        let problems = try parse(json).problems
        #expect(problems.map(\.field).contains(field), "\(problems)")
    }

    @Test func `problems do not repeat secrets`() throws {
        let json = #"[{"name":"a","kind":"wecom","token":"abc","secret":{"secrt":"hunter2hunter2"}}]"#
        let problems = try parse(json).problems.map(\.description).joined()
        #expect(!problems.contains("hunter2") && !problems.contains("abc"))
    }

    // MARK: Mail

    private func mail(_ script: String) async throws -> (failure: DeliveryFailure?, sent: String) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "mail-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let program = directory.appending(path: "sendmail").path
        try makeProgram(program, "#!/bin/sh\ncd '\(directory.path)'\n\(script)\n")
        let sendmail = Sendmail(program: program, to: ["a@b.example", "c@d.example"], from: "m@b.example")
        do throws(DeliveryFailure) {
            try await sendmail.send("告警:nightly failed\n.\n运行: 1", at: ChannelTests.now)
        } catch {
            return (error, "")
        }
        return (nil, try String(contentsOf: directory.appending(path: "out"), encoding: .utf8))
    }

    /// Written by another process: a child that another test is just starting here would hold the file open for
    /// writing, and such a file cannot be started.
    private func makeProgram(_ path: String, _ body: String) throws {
        try Data(body.utf8).write(to: URL(filePath: path + ".text"))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/install")
        process.arguments = ["-m", "755", path + ".text", path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test func `mail is handed over with its headers, and the text in base64`() async throws {
        let (failure, sent) = try await mail(#"echo "$@" > out; cat >> out"#)
        #expect(failure == nil)
        let lines = sent.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.prefix(3) == ["-t -i", "To: a@b.example, c@d.example", "From: m@b.example"])
        #expect(lines.contains("Subject: =?utf-8?B?\(Data("告警:nightly failed".utf8).base64EncodedString())?="))
        #expect(lines.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000"))
        let encoded = lines.drop { !$0.isEmpty }.joined()
        let text = Data(base64Encoded: encoded).map { String(decoding: $0, as: UTF8.self) }
        #expect(text == "告警:nightly failed\n.\n运行: 1\n")
    }

    @Test func `a program that fails is quoted, and one that is not there is named`() async throws {
        let failed = try await mail("echo 'no relay' >&2; exit 75").failure
        #expect(
            failed?.description.hasSuffix("exited with code 75: no relay") == true && failed?.mayHaveArrived == false)
        // It reads nothing: the message is not lost in a pipe.
        #expect(try await mail("touch out; exit 0").failure == nil)
        let absent = Sendmail(program: "/nonexistent/sendmail", to: ["a@b.example"], from: nil)
        await #expect(throws: DeliveryFailure("/nonexistent/sendmail cannot be started; set notices.sendmail")) {
            try await absent.send("x", at: ChannelTests.now)
        }
    }
}
