import AsyncHTTPClient
import Foundation
import MartletCore
import NIOCore
import NIOHTTP1
import Synchronization

/// Everything that the API answers to one who may see all but the values of secrets.
struct CanaryAnswers: Sendable {
    let server: Server
    let runs: [String]
    private let authorization: [String: String]

    init(_ server: Server, runs: [String]) async throws {
        self.server = server
        self.runs = runs
        let token = try await server.call(.POST, "/api/tokens", body: ["name": "looker", "role": "admin"]).json["token"]
        authorization = ["Authorization": "Bearer \(token.string ?? "")"]
    }

    /// By path.
    func all() async throws -> [String: [UInt8]] {
        var answers: [String: [UInt8]] = [:]
        for route in try Self.routes() where route != Self.endless {
            for path in paths(route) {
                for query in ["", "?limit=1000", "?follow=false&limit=1000"] {
                    answers[path + query] = try await server.call(.GET, path + query, headers: authorization).body
                }
            }
        }
        answers[Self.endless] = try await stream()
        for path in ["/list", "/discovery", "/ping"] { answers[path] = try await server.call(.GET, path).body }
        answers["/async/query"] = try await server.call(.POST, "/async/query").body
        return answers
    }

    // MARK: Routes

    static let endless = "/api/events"

    /// Of the whole program, from its sources: a route that comes later is looked at, too.
    static func routes() throws -> Set<String> {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        var routes: Set<String> = []
        let files = FileManager.default.enumerator(atPath: root.path)
        while let file = files?.nextObject() as? String {
            guard file.hasSuffix(".swift") else { continue }
            let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
            routes.formUnion(text.matches(of: /Route\(\s*\.get,\s*"([^"]+)"/).map { String($0.output.1) })
        }
        return routes
    }

    struct UnknownPlace: Error { let route: String }

    private func paths(_ route: String) -> [String] {
        let places = [
            "{id}": runs, "{name}": ["params", "refs"], "{secret}": ["stored-400", "stored-700", "stored-900"],
            "{notice}": ["1", "2", "3"],
        ]
        let place = places.first { route.contains($0.key) }
        return place.map { place in place.value.map { route.replacing(place.key, with: $0) } } ?? [route]
    }

    /// From the first event to the last there is now.
    private func stream() async throws -> [UInt8] {
        var last: Int64 = 0
        for run in runs {
            let events = try await server.call(.GET, "/api/runs/\(run)/events?limit=1000").json["items"].array ?? []
            for case .int(let number) in events.map({ $0["number"] }) { last = max(last, number) }
        }
        var request = HTTPClientRequest(url: server.url + "\(Self.endless)?after=0")
        for (name, value) in authorization { request.headers.add(name: name, value: value) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(300))
        var bytes: [UInt8] = []
        for try await part in response.body {
            bytes += part.readableBytesView
            if String(decoding: bytes, as: UTF8.self).contains("id: \(last)\n") { break }
        }
        return bytes
    }
}
