import AsyncHTTPClient
import Foundation
import MartletCore
import MartletEngine
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import MartletHTTP

@Suite struct LineTests {
    private struct Event {
        let id: String?
        let name: String
        let data: JSONValue

        init?(_ block: String) {
            let lines = block.components(separatedBy: "\n")
            func value(_ field: String) -> String? {
                lines.first { $0.hasPrefix("\(field): ") }.map { String($0.dropFirst(field.count + 2)) }
            }
            guard let name = value("event"), let data = value("data") else { return nil }
            id = value("id")
            self.name = name
            self.data = (try? JSONParser.parse(Array(data.utf8))) ?? .null
        }
    }

    /// Reads events to the end of the stream; `each` sees every one as it arrives.
    private func events(
        _ api: LiveAPI, _ path: String, headers: [String: String] = [:],
        _ each: (Event) async throws -> Void = { _ in }
    ) async throws -> [Event] {
        let response = try await LiveAPI.client.execute(api.request("GET", path, headers), timeout: .seconds(300))
        #expect(response.headers["Content-Type"] == ["text/event-stream"])
        var text = ""
        var events: [Event] = []
        for try await piece in response.body {
            text += String(buffer: piece)
            let blocks = text.components(separatedBy: "\n\n")
            text = blocks.last ?? ""
            for event in blocks.dropLast().compactMap(Event.init) {
                events.append(event)
                try await each(event)
            }
        }
        return events
    }

    private func written() async throws -> (api: LiveAPI, path: String) {
        let api = try await LiveAPI()
        api.logs.write("one\nt", .stdout)
        api.logs.write("bad \"news\"\n", .stderr)
        api.logs.write("wo\r\nlast", .stdout)
        let id = try await api.submit(#"{"command":["fail"]}"#)
        _ = try await api.ended(id)
        return (api, "/api/runs/\(id)/lines")
    }

    @Test func `lines tell stream, time, attempt and task, and the end how it ended`() async throws {
        let (api, path) = try await written()
        let all = try await events(api, path)
        #expect(all.map(\.name) == ["line", "line", "line", "line", "end"])
        #expect(all.map { $0.data["text"] } == ["one", "bad \"news\"", "two\r", "last", .null])
        #expect(all.map { $0.data["stream"] } == ["stdout", "stderr", "stdout", "stdout", .null])
        #expect(all.dropLast().allSatisfy { $0.data["attempt"] == 1 && $0.data["task"] == "main" })
        #expect(all[0].data["at"].string?.count == 24)
        let end = try #require(all.last)
        #expect(end.data["state"] == "failed" && end.data["outcome"] == "exit")
        #expect(end.data["exitCode"] == 3 && end.data["signal"] == .null && end.id == nil)
    }

    @Test func `each line can be resumed after, by header or by parameter`() async throws {
        let (api, path) = try await written()
        let all = try await events(api, path)
        for (index, event) in all.enumerated() {
            guard let id = event.id else { continue }
            let rest = all[(index + 1)...].map(\.data)
            #expect(try await events(api, path, headers: ["Last-Event-ID": id]).map(\.data) == rest)
            #expect(try await events(api, path + "?after=\(id)").map(\.data) == rest)
        }
    }

    @Test func `lines arrive within a second and the stream ends with the run`() async throws {
        let api = try await LiveAPI()
        let id = try await api.submit(#"{"command":["hang"]}"#)
        try await api.reaches("running", id)
        let wroteAt = Mutex(ContinuousClock.now)
        let delays = Mutex<[Duration]>([])
        let lines = (0..<30).map { "line \($0)" }
        api.logs.write(lines[0] + "\n" + lines[1])
        let all = try await events(api, "/api/runs/\(id)/lines") { event in
            guard event.name == "line" else { return }
            delays.withLock { $0.append(.now - wroteAt.withLock { $0 }) }
            wroteAt.withLock { $0 = .now }
            // The last line is held back until the run has ended.
            let next = delays.withLock { $0.count } + 1
            if next < lines.count { return api.logs.write("\n" + lines[next]) }
            if next == lines.count { try await api.call("POST", "/api/runs/\(id)/stop") }
        }
        #expect(all.map { $0.data["text"] } == lines.map { .string($0) } + [.null])
        #expect(all.last?.data["state"] == "cancelled")
        // Not each: the machine may be busy.
        #expect(try #require(delays.withLock { $0.dropFirst().min() }) < .seconds(1))
    }

    @Test func `a cursor that is none of ours is refused by name`() async throws {
        let (api, path) = try await written()
        for cursor in ["x", "1.0.3", "-1.0.0.0", "1.0.0.99999999999999999999"] {
            let header = try await api.call("GET", path, headers: ["Last-Event-ID": cursor])
            #expect(header.status == 400 && header.headers["Content-Type"] == ["application/problem+json"])
            #expect(header.json["errors"][0]["field"] == "Last-Event-ID")
            let parameter = try await api.call("GET", path + "?after=\(cursor)")
            #expect(parameter.status == 400 && parameter.json["errors"][0]["field"] == "after")
        }
        #expect(try await api.call("GET", path + "?limit=5").status == 400)
        #expect(try await api.call("GET", path + "?follow=maybe").status == 400)
        #expect(try await api.call("GET", "/api/runs/019aa5c4-0000-7000-8000-000000000000/lines").status == 404)
    }

    @Test func `without following, lines come as pages`() async throws {
        let (api, path) = try await written()
        var texts: [JSONValue] = []
        var cursor = ""
        while true {
            let page = try await api.call("GET", path + "?follow=false&limit=3" + cursor).json
            let items = page["items"].array ?? []
            texts += items.map { $0["text"] }
            #expect(items.isEmpty || page["next"] == items[items.count - 1]["id"])
            cursor = "&after=\(page["next"].string ?? "")"
            if page["end"] == true { break }
            #expect(items.count == 3)
        }
        #expect(texts == ["one", "bad \"news\"", "two\r", "last"])
    }

    @Test func `a large log arrives whole`() async throws {
        let api = try await LiveAPI()
        for number in 0..<2000 { api.logs.write("line \(number)\n", number % 3 == 0 ? .stderr : .stdout) }
        let id = try await api.submit()
        _ = try await api.ended(id)
        let all = try await events(api, "/api/runs/\(id)/lines")
        #expect(all.dropLast().map { $0.data["text"] } == (0..<2000).map { .string("line \($0)") })
    }

    @Test func `a reader inside the server follows to the end, too`() async throws {
        let api = try await LiveAPI()
        api.logs.write("before\n")
        let id = try await api.submit(#"{"command":["hang"]}"#)
        try await api.reaches("running", id)
        let texts = Mutex<[String]>([])
        let run = try await api.control.followLines(of: try #require(RunID(id))) { lines in
            texts.withLock { $0 += lines.map { String(decoding: $0.text, as: UTF8.self) } }
            if lines.last?.text == Array("before".utf8) { api.logs.write("after\n") }
            if lines.last?.text == Array("after".utf8) { try await api.call("POST", "/api/runs/\(id)/stop") }
        }
        #expect(run.state == .cancelled && texts.withLock { $0 } == ["before", "after"])
    }
}
