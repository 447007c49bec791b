import Foundation
import MartletCore
import Testing

@testable import MartletHTTP

/// Lines from the end of a log backwards, and lines with a text.
@Suite struct LineWindowTests {
    private static let count = 5000

    private func written() async throws -> (api: LiveAPI, path: String) {
        let api = try await LiveAPI()
        for number in 0..<Self.count {
            let word = number % 1000 == 7 ? "Needle" : "straw"
            api.logs.write("line \(number) \(word) \(String(repeating: "x", count: number % 90))\n", .stdout)
            if number % 10 == 0 { api.logs.write("warning \(number)\n", .stderr) }
        }
        let id = try await api.submit()
        _ = try await api.ended(id)
        return (api, "/api/runs/\(id)/lines?follow=false")
    }

    private func texts(_ json: JSONValue) -> [String] { (json["items"].array ?? []).compactMap { $0["text"].string } }

    @Test func `pages backwards from the end give every line once, in order`() async throws {
        let (api, path) = try await written()
        var all: [String] = []
        var before = "end"
        while true {
            let page = try await api.call("GET", "\(path)&limit=700&before=\(before)").json
            all = texts(page) + all
            if page["start"] == true { break }
            before = try #require(page["items"][0]["id"].string)
        }
        var forward: [String] = []
        var after = ""
        while true {
            let page = try await api.call("GET", "\(path)&limit=1000&after=\(after)").json
            forward += texts(page)
            if page["end"] == true { break }
            after = try #require(page["next"].string)
        }
        #expect(all.count == Self.count + Self.count / 10)
        #expect(all == forward)
    }

    @Test func `a line of megabytes is cut, and pages backwards pass over all of it`() async throws {
        let api = try await LiveAPI()
        // Progress that overwrites itself has no line's end.
        let words = (0..<400_000).map { String(format: "%07d\r", $0) }
        api.logs.write("first\n" + words.joined() + "\nlast\n", .stdout)
        let id = try await api.submit()
        _ = try await api.ended(id)
        var (pages, before) = ([[String]](), "end")
        while pages.count < 50 {
            let page = try await api.call("GET", "/api/runs/\(id)/lines?follow=false&limit=100&before=\(before)").json
            pages.append(texts(page))
            #expect(pages[pages.count - 1].reduce(0) { $0 + $1.utf8.count } <= 1 << 20)
            if page["start"] == true { break }
            before = try #require(page["items"][0]["id"].string)
        }
        #expect((3...10).contains(pages.count), "\(pages.count)")
        #expect(pages.first?.last == "last" && pages.last?.first == "first")
        let found = Set(pages.reversed().joined().joined().split(separator: "\r").map(String.init))
        let missing = (0..<400_000).filter { !found.contains(String(format: "%07d", $0)) }
        // Where two pages meet, a word may be cut.
        #expect(missing.count <= pages.count, "\(missing.count)")
    }

    @Test func `a search finds a text whatever its case, and goes on where it stopped`() async throws {
        let (api, path) = try await written()
        let first = try await api.call("GET", "\(path)&search=nEEDle&limit=2").json
        #expect(texts(first).map { $0.prefix(8) } == ["line 7 N", "line 100"] && first["end"] == false)
        let next = try #require(first["next"].string)
        let rest = try await api.call("GET", "\(path)&search=needle&after=\(next)").json
        #expect(texts(rest).count == 3 && rest["end"] == true)
        #expect(texts(try await api.call("GET", "\(path)&search=nothing").json) == [])
    }

    @Test func `a search sees what stands behind a NUL`() async throws {
        let api = try await LiveAPI()
        api.logs.write("a\0b\0 straw\0 needle\nnothing\0\n", .stdout)
        let id = try await api.submit()
        _ = try await api.ended(id)
        let path = "/api/runs/\(id)/lines?follow=false&search="
        #expect(texts(try await api.call("GET", path + "NEEDLE").json).count == 1)
        #expect(texts(try await api.call("GET", path + "b").json).count == 1)
    }

    @Test func `what cannot be joined is refused by name`() async throws {
        let (api, path) = try await written()
        let stream = path.replacing("?follow=false", with: "?search=x")
        for (path, field) in [
            (stream, "search"), ("\(path)&before=x", "before"), ("\(path)&before=end&search=x", "before"),
            ("\(path)&search=\(String(repeating: "x", count: 2000))", "search"), ("\(path)&search=a%00b", "search"),
            ("/api/runs?text=\(String(repeating: "x", count: 300))", "text"),
        ] {
            let reply = try await api.call("GET", path)
            #expect(reply.status == 400 && reply.json["errors"][0]["field"].string == field, "\(path): \(reply.text)")
        }
    }
}
