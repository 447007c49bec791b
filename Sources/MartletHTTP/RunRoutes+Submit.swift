import HTTPTypes
package import Hummingbird
import MartletCore
package import MartletEngine
import ServiceLifecycle

extension RunRoutes {
    /// `POST /api/runs`: durable before it is answered.
    @Sendable static func submit(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let bytes = try await call.jsonBytes()
        let body = try Call.parse(bytes)
        let record = try call.idempotency(body)
        guard case .array(let elements) = body else {
            let submission = try Submission(parsing: body, trigger: call.trigger, rights: call.principal.rights)
            let accepted = try await call.control.submit(submission, idempotency: record)
            return try await accepted.answer(to: call, isBatch: false)
        }
        let submissions = try batch(elements, call)
        let accepted = try await call.control.submit(submissions, idempotency: record)
        return try await accepted.answer(to: call, isBatch: true)
    }

    /// Every wrong field of every element in one error.
    private static func batch(_ elements: [JSONValue], _ call: Call) throws(MartletError) -> [Submission] {
        guard !elements.isEmpty else { throw Problem.invalid("", "the list is empty; give at least one run") }
        let problems = Fields.Problems()
        var submissions: [Submission] = []
        for (index, element) in elements.enumerated() {
            do {
                submissions.append(
                    try Submission(parsing: element, trigger: call.trigger, rights: call.principal.rights))
            } catch  where error.code == .invalid {
                for problem in error.problems {
                    problems.add("[\(index)]" + (problem.field.isEmpty ? "" : ".") + problem.field, problem.problem)
                }
            }
        }
        try problems.check("the batch")
        return submissions
    }
}

extension Call {
    /// The answer to a submission of one run: 202, or after `Prefer: wait` 200 with what became of it.
    package func answer(_ accepted: Control.Accepted) async throws -> Response {
        try await accepted.answer(to: self, isBatch: false)
    }
}

extension Control.Accepted {
    /// 202 with the ids, or after `Prefer: wait` 200 with what became of the runs.
    func answer(to call: Call, isBatch: Bool) async throws -> Response {
        guard let first = ids.first else { throw MartletError(.internal, "a submission was answered without an id") }
        var headers: HTTPFields = [:]
        if !isBatch { headers[.location] = RunRoutes.location(first) }
        if replayed { headers[.idempotentReplayed] = "true" }
        if let wait = call.preferredWait, let applied = try await waitForAll(wait, call) {
            headers[.preferenceApplied] = "wait"
            if applied { return try await finished(call, isBatch: isBatch, headers) }
        }
        return pending(isBatch: isBatch, headers)
    }

    /// Whether all ended in time; nil when nobody could wait. The runs are accepted: that is answered, and
    /// never hidden behind an error of the waiting.
    private func waitForAll(_ wait: TimeSpan, _ call: Call) async throws -> Bool? {
        let end = ContinuousClock.now + wait.duration
        for id in ids {
            let left = max(.zero, end - .now)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            do {
                if try await !Waiting.end(of: id, upTo: TimeSpan(milliseconds: milliseconds), call) { return false }
            } catch let error as MartletError where error.code == .unavailable {
                return nil
            }
        }
        return true
    }

    private func finished(_ call: Call, isBatch: Bool, _ headers: HTTPFields) async throws -> Response {
        guard isBatch else { return try await RunRoutes.full(ids[0], call, headers: headers) }
        var views: [RunView] = []
        for id in ids { views.append(try await call.control.view(of: try await call.control.require(id))) }
        return .json(headers: headers) { json in
            json.array("ids", ids) { $0.value($1.description) }
            json.array("items", views) { $0.runItem($1) }
        }
    }

    private func pending(isBatch: Bool, _ headers: HTTPFields) -> Response {
        guard isBatch else { return .json(.accepted, headers: headers) { $0.accepted(ids[0]) } }
        return .json(.accepted, headers: headers) { json in
            json.array("ids", ids) { $0.value($1.description) }
            json.array("items", ids) { json, id in json.object { $0.accepted(id) } }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func accepted(_ id: RunID) {
        field("id", id.description)
        field("state", RunState.pending.rawValue)
    }
}

/// Waiting for the end of a run on behalf of a caller.
enum Waiting {
    /// Whether it has ended. Holds no thread and no database reader; false at once when the server shuts down.
    static func end(of id: RunID, upTo limit: TimeSpan, _ call: Call) async throws -> Bool {
        let control = call.control
        return try await cancelWhenGracefulShutdown {
            do {
                return try await control.wait(for: id, upTo: limit).state.isEnd
            } catch is CancellationError {
                return false
            }
        }
    }
}
