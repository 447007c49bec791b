import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import MartletHTTP

/// Takes everything, and counts the events.
private struct CountingWriter: ResponseBodyWriter {
    final class Count: Sendable {
        let events = Mutex(0)
    }

    let count = Count()
    mutating func write(_ buffer: ByteBuffer) async throws {
        let found = String(buffer: buffer).split(separator: "\nevent: run\n").count - 1
        count.events.withLock { $0 += found }
    }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Keeps everything.
private struct KeepingWriter: ResponseBodyWriter {
    private final class Kept: Sendable {
        let text = Mutex("")
    }

    private let kept = Kept()
    var text: String { kept.text.withLock { $0 } }
    mutating func write(_ buffer: ByteBuffer) async throws { kept.text.withLock { $0 += String(buffer: buffer) } }
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

@Suite struct StreamTests {
    @Test func `what ends a stream ends it while it catches up, too`() async throws {
        let api = try await LiveAPI(runs: 0)
        let batch = "[" + Array(repeating: #"{"command":["true"]}"#, count: 900).joined(separator: ",") + "]"
        #expect(try await api.call("POST", "/api/runs", body: batch).status == 202)
        let whole = EventSubscription(control: api.control, coverage: .all)
        let ended = EventSubscription(control: api.control, coverage: .all)
        ended.end()
        for (subscription, isWhole) in [(whole, true), (ended, false)] {
            let writer = CountingWriter()
            let sending = Task {
                var any: any ResponseBodyWriter = writer
                try await subscription.send(from: .init(after: 0, isReset: false), to: &any)
            }
            if isWhole {
                let deadline = ContinuousClock.now + .seconds(300)
                while writer.count.events.withLock({ $0 }) < 900, ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(10))
                }
                subscription.end()
            }
            try await sending.value
            #expect(writer.count.events.withLock { isWhole ? $0 == 900 : $0 < 900 })
        }
    }

    /// What a stream sends until it has all of `texts`.
    private func stream(
        _ api: LiveAPI, _ coverage: Rights, until texts: [String], _ body: () async throws -> Void
    ) async throws -> String {
        let subscription = EventSubscription(control: api.control, coverage: coverage)
        let writer = KeepingWriter()
        let start = try await subscription.start(after: nil)
        let sending = Task {
            var any: any ResponseBodyWriter = writer
            try await subscription.send(from: start, to: &any)
        }
        try await body()
        let deadline = ContinuousClock.now + .seconds(300)
        while !texts.allSatisfy(writer.text.contains), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        subscription.end()
        try await sending.value
        return writer.text
    }

    @Test func `a notice that is owed or sent is told to those who may see it`() async throws {
        let api = try await LiveAPI()
        let rule = NoticeRule(on: [.failed])
        api.control.notices.replace([
            NoticeChannelFacts(name: "ops", kind: "webhook", target: "x", perMinute: nil, rules: [rule])
        ])
        for job in ["own-a", "foreign"] {
            #expect(try await api.call("PUT", "/api/jobs/\(job)", body: #"{"command":["fail"]}"#).status == 201)
        }
        func fail(_ job: String) async throws { _ = try await api.ended(try await api.submit(#"{"job":"\#(job)"}"#)) }
        let owed = #"data: {"number":1,"state":"waiting","channel":"ops"}"#
        let all = try await stream(api, .all, until: ["event: notice\n\(owed)\n\n"]) { try await fail("foreign") }
        // Who comes back is to go on after the last event of a run.
        #expect(all.contains(owed) && !all.contains("id: 1\nevent: notice"), "\(all)")
        let bound = Rights(role: .read, jobs: [try #require(NamePattern("own-*"))])
        let own = #"{"number":3,"state":"waiting","channel":"ops"}"#
        let some = try await stream(api, bound, until: [own]) {
            try await fail("foreign")
            try await fail("own-a")
        }
        #expect(some.contains(own) && !some.contains(#""number":2"#), "\(some)")
        let sent = try await stream(api, bound, until: [#""number":3,"state":"sending""#]) {
            for _ in 0..<3 { _ = try await claim(api) }
        }
        #expect(
            sent.contains(#"{"number":3,"state":"sending","channel":"ops"}"#) && !sent.contains(#""number":1"#),
            "\(sent)")
    }

    private func claim(_ api: LiveAPI) async throws -> NoticeClaim {
        let queue = try #require(api.control.store as? any NoticeQueue)
        return try await queue.claimNotices(of: "ops", pace: NoticePace(), at: Date())
    }

    @Test func `progress is hinted at for runs that are covered`() async throws {
        let api = try await LiveAPI(runs: 0)
        for job in ["own-a", "foreign"] {
            #expect(try await api.call("PUT", "/api/jobs/\(job)", body: #"{"command":["true"]}"#).status == 201)
        }
        let own = try await api.submit(#"{"job":"own-a"}"#)
        let foreign = try await api.submit(#"{"job":"foreign"}"#)
        let bound = Rights(role: .read, jobs: [try #require(NamePattern("own-*"))])
        let wanted = "event: progress\ndata: {\"run\":\"\(own)\"}\n\n"
        let text = try await stream(api, bound, until: [wanted]) {
            for id in [foreign, own] { api.control.feed.hint(.progress(try #require(RunID(id)))) }
        }
        #expect(text.contains(wanted) && !text.contains(foreign), "\(text)")
    }

    private func logged(_ text: String) async throws -> (api: LiveAPI, path: String) {
        let api = try await LiveAPI()
        api.logs.write(text)
        let id = try await api.submit()
        _ = try await api.ended(id)
        return (api, "/api/runs/\(id)/log")
    }

    @Test func `a log is plain text that nobody sniffs`() async throws {
        let (api, path) = try await logged("one\ntwo\nthree\n")
        let reply = try await api.call("GET", path)
        #expect(reply.text == "one\ntwo\nthree\n")
        #expect(reply.headers["Content-Type"] == ["text/plain; charset=utf-8"])
        #expect(reply.headers["X-Content-Type-Options"] == ["nosniff"] && reply.headers["Accept-Ranges"] == ["bytes"])
        let head = try await api.call("HEAD", path)
        #expect(head.status == 200 && head.headers["Content-Length"] == ["14"] && head.bytes.isEmpty)
    }

    @Test(arguments: [
        ("bytes=0-2", "one", "bytes 0-2/14"), ("bytes=4-", "two\nthree\n", "bytes 4-13/14"),
        ("bytes=-3", "ee\n", "bytes 11-13/14"), ("bytes=12-99", "e\n", "bytes 12-13/14"),
        ("bytes=-99", "one\ntwo\nthree\n", "bytes 0-13/14"),
    ])
    func `a range gives just that part`(range: String, text: String, content: String) async throws {
        let (api, path) = try await logged("one\ntwo\nthree\n")
        let reply = try await api.call("GET", path, headers: ["Range": range])
        #expect(reply.status == 206 && reply.text == text && reply.headers["Content-Range"] == [content])
    }

    @Test func `ranges beyond the end and odd ones`() async throws {
        let (api, path) = try await logged("one\n")
        let beyond = try await api.call("GET", path, headers: ["Range": "bytes=4-"])
        #expect(beyond.status == 416 && beyond.headers["Content-Range"] == ["bytes */4"])
        #expect(try await api.call("GET", path, headers: ["Range": "bytes=-0"]).status == 416)
        for odd in ["bytes=2-1", "lines=0-1", "bytes=0-1,2-3", "bytes=a-b", "bytes=", "bytes=99999999999999999999-x"] {
            #expect(try await api.call("GET", path, headers: ["Range": odd]).status == 200, "\(odd)")
        }
    }

    @Test func `tail counts lines`() async throws {
        let (api, path) = try await logged("one\ntwo\nthree\n")
        #expect(try await api.call("GET", path + "?tail=2").text == "two\nthree\n")
        #expect(try await api.call("GET", path + "?tail=0").text == "")
        #expect(try await api.call("GET", path + "?tail=99").text == "one\ntwo\nthree\n")
        #expect(try await api.call("GET", path + "?tail=-1").status == 400)
        #expect(try await api.call("GET", path + "?stream=both").status == 400)
        #expect(try await api.call("GET", path + "?task=nope").status == 400)
    }

    @Test func `a large log arrives whole`() async throws {
        let text = String(repeating: "0123456789abcde\n", count: 300_000)
        let (api, path) = try await logged(text)
        #expect(try await api.call("GET", path).text == text)
    }

    @Test func `follow gives what comes and ends with the run`() async throws {
        let api = try await LiveAPI()
        api.logs.write("before\n")
        let id = try await api.submit(#"{"command":["hang"]}"#)
        try await api.reaches("running", id)
        let response = try await LiveAPI.client.execute(
            api.request("GET", "/api/runs/\(id)/log?follow=true"), timeout: .seconds(300))
        var text = ""
        for try await piece in response.body {
            text += String(buffer: piece)
            if text == "before\n" { api.logs.write("after\n") }
            if text.hasSuffix("after\n") { try await api.call("POST", "/api/runs/\(id)/stop") }
        }
        #expect(text == "before\nafter\n")
    }

    /// Reads server-sent events until `count` of them came.
    private func events(_ api: LiveAPI, _ path: String, _ count: Int, lastID: String? = nil) async throws -> [[String]]
    {
        let headers = lastID.map { ["Last-Event-ID": $0] } ?? [:]
        let response = try await LiveAPI.client.execute(api.request("GET", path, headers), timeout: .seconds(300))
        #expect(response.headers["Content-Type"] == ["text/event-stream"])
        var text = ""
        for try await piece in response.body {
            text += String(buffer: piece)
            let blocks = text.components(separatedBy: "\n\n").dropLast().filter { $0.contains("data: ") }
            if blocks.count >= count { return blocks.prefix(count).map { $0.components(separatedBy: "\n") } }
        }
        return []
    }

    @Test func `an event stream resumes after the last id, without gap or repeat`() async throws {
        let api = try await LiveAPI()
        _ = try await api.ended(try await api.submit())
        let all = try await events(api, "/api/events?after=0", 4)
        #expect(all.map { $0[0] } == ["id: 1", "id: 2", "id: 3", "id: 4"] && all.allSatisfy { $0[1] == "event: run" })
        let rest = try await events(api, "/api/events", 2, lastID: "2")
        #expect(rest.map { $0[0] } == ["id: 3", "id: 4"])
        let data = try JSONParser.parse(Array(all[0][2].dropFirst(6).utf8))
        #expect(data["kind"] == "created" && data["number"] == 1)
    }

    @Test func `an id that is not there any more gets one reset`() async throws {
        let api = try await LiveAPI()
        let first = try await api.submit()
        _ = try await api.ended(first)
        let beyond = try await events(api, "/api/events", 1, lastID: "99999")
        #expect(beyond[0][1] == "event: reset")
        let second = try await api.submit()
        _ = try await api.ended(second)
        try await api.control.store.delete([try #require(RunID(first))])
        let old = try await events(api, "/api/events", 2, lastID: "1")
        #expect(old[0][1] == "event: reset" && old[1][1] == "event: run")
        #expect(try await api.call("GET", "/api/events", headers: ["Last-Event-ID": "x"]).status == 400)
    }

    @Test func `a runs own events are a list`() async throws {
        let api = try await LiveAPI()
        let id = try await api.submit()
        _ = try await api.ended(id)
        let items = try await api.call("GET", "/api/runs/\(id)/events").json["items"].array ?? []
        #expect(items.first?["kind"] == "created" && items.last?["to"] == "succeeded")
        let after = items.first?["number"].int ?? 0
        let rest = try await api.call("GET", "/api/runs/\(id)/events?after=\(after)&limit=1").json["items"].array ?? []
        #expect(rest.count == 1 && rest[0] == items[1])
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_123, "2000-02-29T00:00:00.123Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
    ])
    func `times are RFC 3339 with milliseconds`(milliseconds: Int64, text: String) {
        #expect(Timestamp.text(Date(milliseconds: milliseconds)) == text)
    }
}
