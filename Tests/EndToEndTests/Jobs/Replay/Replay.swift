import Foundation
import MartletCore
import NIOHTTP1

/// Sends recorded requests to the real binary, with its own ids in the place of the recorded ones.
final class Replay {
    let nomad: JobServer
    let comparison: Comparison
    /// What is ours, by what was recorded.
    private var ours: [String: String] = [:]
    private(set) var done: Set<String> = []
    private(set) var problems: [String] = []

    init() async throws {
        nomad = try await JobServer(environment: ["MARTLET_JOBS_NODE": "nomad0"])
        comparison = try Comparison()
    }

    func name(_ recorded: String, _ mine: String?) throws {
        guard let mine else { throw Nameless(recorded: recorded) }
        ours[recorded] = mine
    }

    struct Nameless: Error { let recorded: String }

    /// Whole ids before the beginnings of them.
    private func mine(_ text: String) -> String {
        ours.sorted { $0.key.count > $1.key.count }.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }

    /// In this order; what reads is asked until the answer is as recorded, for a while.
    func check(_ numbers: String...) async throws {
        for number in numbers { try await send(number) }
    }

    /// The answer. `changing`: parts of the request's path and body. What reads has a minute to be as recorded.
    @discardableResult
    func send(_ number: String, changing parts: [String: String] = [:]) async throws -> JSONValue {
        let recorded = try Recorded(number)
        let deadline = ContinuousClock.now + .seconds(recorded.method == .GET ? 60 : 0)
        while true {
            let (found, body) = try await differences(recorded, parts)
            if found.isEmpty || ContinuousClock.now >= deadline {
                problems += found
                done.insert(number)
                return body
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func differences(_ recorded: Recorded, _ parts: [String: String]) async throws -> ([String], JSONValue) {
        func changed(_ text: String) -> String {
            parts.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        }
        let answer = try await ScriptServer.send(
            recorded.method, to: nomad.server.url + changed(mine(recorded.path)),
            try recorded.bytes().map { Array(changed(mine($0)).utf8) },
            headers: ["X-Nomad-Token": nomad.server.token])
        var found: [String] = []
        let number = recorded.number
        if answer.status != recorded.status { found.append("\(number): \(answer.status), recorded \(recorded.status)") }
        for (name, value) in recorded.headers {
            let our = answer.header(name)
            let isSame = value == "N" ? our.flatMap { Int($0) } != nil : our == value
            let path: JSONValue = .object([name: .string(value == "N" ? our ?? "" : value)])
            if !isSame { found += comparison.differences(number, .object([name: .string(our ?? "none")]), path) }
        }
        let expected = try JSONParser.parse(Array(mine(try Self.text(recorded.body)).utf8))
        // A JSON text alone, where it is no plain text.
        let isJSON = expected.string == nil || answer.json.string != nil
        found += comparison.differences(number, isJSON ? answer.json : .string(answer.text), expected)
        return (found, answer.json)
    }

    /// Slashes as they are: ids of jobs have some.
    private static func text(_ value: JSONValue) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
