import Foundation
import MartletCore
import Testing

@testable import Clusters

@Suite struct PlaybookProgressTests {
    private func progress(_ lines: [String]) -> PlaybookProgress {
        var progress = PlaybookProgress()
        for line in lines {
            if let event = PlaybookEvent(Array(line.utf8)) { progress.take(event) } else { progress.badLines += 1 }
        }
        return progress
    }

    private static func stats(_ hosts: String...) -> String {
        let all = hosts.map {
            #""\#($0)":{"ok":1,"changed":0,"failed":0,"unreachable":0,"skipped":0,"rescued":0,"ignored":0}"#
        }
        return #"{"v":1,"event":"stats","time":"t","hosts":{\#(all.joined(separator: ","))}}"#
    }
    private static let start = [
        #"{"v":1,"event":"playbook","time":"t","name":"deploy.yml","plays":1,"tasks":2}"#,
        #"{"v":1,"event":"play","time":"t","number":1,"name":"one","tasks":2}"#,
        #"{"v":1,"event":"task","time":"t","number":1,"name":"copy","role":"jdk","handler":false}"#,
    ]
    private static func host(_ host: String, _ result: String, task: Int = 1) -> String {
        #"{"v":1,"event":"host","time":"t","task":\#(task),"host":"\#(host)","result":"\#(result)","message":"m"}"#
    }

    @Test func `events become plays, tasks, hosts and a recap`() {
        let found = progress(
            Self.start + [
                Self.host("a", "changed"), Self.host("b", "unreachable"),
                #"{"v":1,"event":"task","time":"t","number":2,"name":"restart","role":null,"handler":true}"#,
                Self.host("a", "ok", task: 2), "nonsense", #"{"event":"host"}"#,
            ])
        #expect(found.count == "2/2" && found.current == "one › restart" && found.fraction == 0.5)
        #expect(found.hosts.map(\.name) == ["a", "b"])
        #expect(found.tasks.map { String(decoding: $0.results, as: UTF8.self) } == ["cu", "o"])
        #expect(found.standing(of: "a") == .clean && found.standing(of: "b") == .unreachable)
        #expect(found.failedHosts(of: ["a", "b", "c"]) == ["b", "c"])
        #expect(found.badLines == 2 && found.failures.map(\.host) == ["b"])
    }

    // cluster-deploy contract §4.3, cases 31 and 34
    @Test func `only a clean recap of every host is a success`() {
        let good = progress(Self.start + [Self.stats("a", "b")])
        func problem(_ code: Int32, _ progress: PlaybookProgress, _ expected: [String] = ["a", "b"]) -> String? {
            PlaybookOutcome(code: code, progress, expected: expected).problem
        }
        #expect(PlaybookOutcome(code: 0, good, expected: ["a", "b"]).code == 0 && problem(0, good) == nil)
        #expect(PlaybookOutcome(code: 0, good, expected: ["a", "c"]).code == PlaybookOutcome.unproven)
        #expect(problem(0, good, ["a", "c"]) == "1 of 2 hosts are not clean: c not reached")
        #expect(problem(2, good) == "ansible-playbook ended with 2: see the log")
        #expect(problem(4, progress([])) == "ansible-playbook ended with 4 and no recap: see the log")
        #expect(problem(0, progress(Self.start))?.contains("no recap at “one › jdk : copy”") == true)
        let broken = progress(
            Self.start + [
                Self.host("a", "failed"),
                #"{"event":"stats","hosts":{"a":{"failed":1,"unreachable":0},"b":{"failed":0,"unreachable":1}}}"#,
            ])
        #expect(problem(2, broken) == "2 of 2 hosts are not clean: a failed at “copy”, b unreachable")
        // A recap without its numbers is none.
        #expect(problem(0, progress([#"{"event":"stats","hosts":{"a":{},"b":{}}}"#])) != nil)
        #expect(problem(0, progress([#"{"event":"stats","hosts":{"a":{"failed":-1,"unreachable":0}}}"#]), ["a"]) != nil)
    }

    @Test func `hostile events are bounded`() {
        #expect(PlaybookEvent(Array(#"{"event":"task","number":99999999999,"name":"x"}"#.utf8)) == nil)
        #expect(PlaybookEvent(Array(#"{"event":"host","task":1,"host":"","result":"ok"}"#.utf8)) == nil)
        #expect(PlaybookEvent(Array(String(repeating: "[", count: 1000).utf8)) == nil)
        #expect(PlaybookEvent(Array("[]".utf8)) == nil)
        var found = PlaybookProgress()
        for number in 0..<PlaybookProgress.mostTasks + 10 {
            if let event = PlaybookEvent(Array(#"{"event":"task","number":\#(number),"name":"x"}"#.utf8)) {
                found.take(event)
            }
        }
        #expect(found.tasks.count == PlaybookProgress.mostTasks && found.isTruncated)
    }

    @Test func `a password is hidden in the shapes that the plugin gives it`() {
        let mask = EventMask(["two  words\tand\u{85}more", "abc"])
        #expect(!mask.hide("it is two  words\tand\u{85}more.").contains("words"))
        #expect(!mask.hide("it is two words and more.").contains("words"))
        #expect(mask.hide("it is two words…") == "it is •••…")
        #expect(mask.hide("a diff of two words an\n… the rest") == "a diff of •••\n… the rest")
        #expect(mask.hide("plain… tw…") == "plain… tw…")
        // Too short to be told from ordinary text.
        #expect(mask.hide("abc") == "abc")
    }

    @Test func `the worker's copy of the events has no secret and passes over what is no event`() throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "tail-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let target = open(scratch + "/out", O_RDWR | O_CREAT | O_APPEND, 0o600)
        defer { close(target) }
        var tail = EventTail(of: scratch + "/in", to: target, hiding: ["pass\"word", "event"])
        let early = tail.read()
        #expect(!early)
        let lines = [
            Self.start[0], #"{"event":"host","task":1,"host":"a","result":"ok","message":"it is pass\"word"}"#, "junk",
            String(repeating: "x", count: 2 << 20), Self.stats("a"),
        ]
        try Data((lines.joined(separator: "\n") + "\n" + #"{"event":"play","number":1,"name":"late"}"#).utf8)
            .write(to: URL(filePath: scratch + "/in"))
        let hasRead = tail.read()
        #expect(hasRead)
        #expect(tail.progress.plays.isEmpty)
        _ = tail.read(isOver: true)
        tail.close()
        let text = try String(contentsOfFile: scratch + "/out", encoding: .utf8)
        #expect(!text.contains("pass") && text.contains("it is "))
        let events = text.split(separator: "\n").compactMap { PlaybookEvent(Array($0.utf8)) }
        #expect(events.map(\.name) == ["playbook", "host", "stats", "play"])
        #expect(tail.progress.badLines == 2)
        #expect(PlaybookOutcome(code: 0, tail.progress, expected: ["a"]).problem == nil)
    }
}
