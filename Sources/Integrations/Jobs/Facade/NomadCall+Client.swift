import Foundation
import GoWire
import HTTPTypes
import MartletCore
import MartletEngine

/// What the node itself answers: outputs of tasks, and orders to them.
extension NomadCall {
    func clientRuns(of allocation: String) async throws -> NomadAllocationRuns {
        guard allocation.utf8.count == 36,
            let found = try await store.nomadAllocations(.prefix(allocation.lowercased()), withHistory: false).items
                .first,
            covers(found.record.jobID)
        else { throw Self.unknown(allocation: allocation) }
        return found
    }

    static func unknown(allocation: String) -> NomadRefusal {
        NomadRefusal(.notFound, "Unknown allocation \(GoErrors.quoted(String(allocation.prefix(64))))")
    }

    /// The output of a task: plain, or in frames `{"Data": BASE64, "File": …, "Offset": n}`.
    func logs(of allocation: String) async throws -> NomadReply {
        guard let task = query["task"] else { throw NomadRefusal(.badRequest, "must provide task name") }
        guard let word = query["type"], let stream = ["stdout": LogStream.stdout, "stderr": .stderr][word] else {
            throw NomadRefusal(.badRequest, "must provide log type (stdout/stderr)")
        }
        let origin = query["origin"] ?? "start"
        guard ["start", "end"].contains(origin) else { throw NomadRefusal(.badRequest, "origin must be start or end") }
        let offset = try number("offset")
        let found = try await clientRuns(of: allocation)
        guard let kept = found.record.tasks.first(where: { $0.name == task }) else {
            throw NomadRefusal(.badRequest, "unknown task name \(GoErrors.quoted(task))")
        }
        let (isPlain, follows) = (try flag("plain"), try flag("follow"))
        let output = TaskOutput(
            of: kept.run, stream, file: isPlain ? nil : "alloc/logs/\(task).\(word).0",
            from: origin == "end" ? .beforeEnd(offset) : .offset(offset), follows: follows, control)
        return NomadReply(content: .stream(isPlain ? "text/plain" : "application/json", output), kind: .client)
    }

    func number(_ name: String) throws(NomadRefusal) -> Int64 {
        guard let text = query[name] else { return 0 }
        guard let number = Int64(text) else {
            throw NomadRefusal(
                .badRequest, "error parsing \(name): strconv.ParseInt: parsing \(GoErrors.quoted(text)): invalid syntax"
            )
        }
        return max(0, number)
    }

    private func flag(_ name: String) throws(NomadRefusal) -> Bool {
        guard let text = query[name] else { return false }
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": return true
        case "0", "f", "F", "false", "FALSE", "False": return false
        default:
            throw NomadRefusal(
                .badRequest,
                "Failed to parse \(name) field to boolean: strconv.ParseBool: parsing \(GoErrors.quoted(text)): invalid syntax"
            )
        }
    }

    /// Has one task started anew, or all.
    func restart(_ allocation: String) async throws -> NomadReply {
        let body = try await object(orEmpty: true)
        let found = try await clientRuns(of: allocation)
        let task = body.member("TaskName")?.string.flatMap { $0.isEmpty ? nil : $0 }
        if let task, !found.record.tasks.contains(where: { $0.name == task }) {
            throw NomadRefusal(.internalServerError, "Could not find task with name \(GoErrors.quoted(task))")
        }
        let isDead = task.map { task in found.facts.tasks.contains { $0.name == task && $0.phase == .dead } } ?? false
        if found.facts.isOver || isDead { throw NomadRefusal(.internalServerError, "Task not running") }
        _ = try await nomad.ask(.restart(allocation: found.record.id, task: task))
        return .client(["Index": 0])
    }
}
