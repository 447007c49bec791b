import Foundation
import MartletCore
import MartletHTTP

/// What an import is to change on a server.
struct ImportPlan {
    enum Change: String {
        case new, changed, same
    }

    struct Step {
        let change: Change
        let name: String
        let definition: JSONValue
        /// `key: before → after` of what changes.
        let differences: [String]
        /// Of the stored one.
        let version: Int64?
        let entry: ImportSource.Entry
    }

    private(set) var steps: [Step] = []
    private let refused: [ImportSource.Refusal]

    /// `paused`: what is new is to be.
    init(_ source: ImportSource, _ client: APIClient, paused: Bool) async throws {
        refused = source.refused
        for entry in source.entries { steps.append(try await Self.step(entry, client, paused: paused)) }
    }

    private static func step(_ entry: ImportSource.Entry, _ client: APIClient, paused: Bool) async throws -> Step {
        var schedule = entry.schedule
        let reply = try await client.call("GET", SchedulesCommand.path(schedule.name), accept: [404])
        let stored = reply.status == 404 ? nil : try reply.json()
        schedule.isPaused = stored.map { $0["definition"]["paused"].bool ?? false } ?? paused
        let definition = schedule.definition
        let differences = stored.map { Self.differences($0["definition"], definition) } ?? []
        return Step(
            change: stored == nil ? .new : differences.isEmpty ? .same : .changed, name: schedule.name,
            definition: definition, differences: differences, version: stored?["version"].int, entry: entry)
    }

    private static func differences(_ before: JSONValue, _ after: JSONValue) -> [String] {
        let keys = Set((before.object ?? [:]).keys).union((after.object ?? [:]).keys)
        return keys.sorted().filter { before[$0] != after[$0] }.map {
            "\($0): \(Self.short(before[$0])) → \(Self.short(after[$0]))"
        }
    }

    private static func short(_ value: JSONValue) -> String {
        let text = value == .null ? "nothing" : value.string ?? JSONText.line(value)
        return text.count > 60 ? "\(text.prefix(60))…" : text
    }

    /// Each by itself. What was changed by somebody else meanwhile is left alone, and ends it.
    func carryOut(_ client: APIClient) async throws {
        for step in steps where step.change != .same {
            let headers = step.version.map { ["If-Match": "\"\($0)\""] } ?? ["If-None-Match": "*"]
            do {
                try await client.call(
                    "PUT", SchedulesCommand.path(step.name), body: step.definition, headers: headers)
            } catch let error as MartletError {
                throw MartletError(
                    error.code, "\(step.entry.place), \(step.name): \(error.message)", problems: error.problems)
            }
        }
    }

    // MARK: Telling

    func print(dryRun: Bool) {
        if !steps.isEmpty {
            var table = Table("CHANGE", "NAME", "TIMES", "FROM")
            for step in steps {
                table.add(
                    .init(step.change.rawValue, step.change == .same ? .grey : .green), .init(step.name),
                    .init(SchedulesCommand.times(step.definition)), .init(step.entry.place))
            }
            table.print()
        }
        for step in steps { for text in step.differences { Terminal.print(Terminal.safe("\(step.name): \(text)")) } }
        for step in steps {
            for text in step.entry.warnings {
                Terminal.complain(Terminal.safe("warning: \(step.entry.place): \(text)"))
            }
        }
        for refusal in refused { Terminal.complain(Terminal.safe("not taken over: \(Self.text(of: refusal))")) }
        let counts = [Change.new, .changed, .same].map { change in
            "\(steps.count { $0.change == change }) \(change.rawValue)"
        }
        Terminal.complain(
            "\(counts.joined(separator: ", ")), \(refused.count) not taken over\(dryRun ? "; nothing was changed" : "")"
        )
    }

    private static func text(of refusal: ImportSource.Refusal) -> String {
        let text = refusal.text.isEmpty ? "" : " (\(refusal.text))"
        return "\(refusal.file):\(refusal.line): \(refusal.reason)\(text)"
    }

    func json(dryRun: Bool) -> JSONValue {
        [
            "dryRun": .bool(dryRun),
            "items": .array(
                steps.map { step in
                    [
                        "change": .string(step.change.rawValue), "name": .string(step.name),
                        "from": .string(step.entry.place), "definition": step.definition,
                        "differences": .array(step.differences.map(JSONValue.string)),
                        "warnings": .array(step.entry.warnings.map(JSONValue.string)),
                    ]
                }),
            "refused": .array(
                refused.map { refusal in
                    [
                        "file": .string(refusal.file), "line": .int(Int64(refusal.line)),
                        "text": .string(refusal.text), "reason": .string(refusal.reason),
                    ]
                }),
        ]
    }
}
