package import MartletCore

/// An allocation as Nomad's clients see it, made from its runs, their events and attempts: nothing of it is stored.
package struct NomadAllocationView: Sendable {
    package let record: NomadAllocation
    package let clientStatus: NomadAllocationFacts.ClientStatus
    package let clientDescription: String
    /// By task.
    package let tasks: [String: NomadTaskState]

    /// `runs`: read with their history.
    package init(_ runs: NomadAllocationRuns) {
        record = runs.record
        clientStatus = runs.facts.clientStatus
        clientDescription = runs.facts.clientDescription
        var states: [String: NomadTaskState] = [:]
        for index in runs.record.tasks.indices {
            let story = TaskStory(runs, index)
            states[runs.record.tasks[index].name] = story.state
        }
        tasks = states
    }

    /// `TaskStates`.
    package var taskStates: JSONValue { .object(tasks.mapValues(\.json)) }
}

package struct NomadTaskState: Sendable, Hashable {
    /// As many as Nomad keeps.
    static let eventsShown = 10

    package var phase: NomadTaskFacts.Phase
    package var isFailed: Bool
    package var restarts: Int
    /// Nanoseconds since 1970.
    package var lastRestart: Int64?
    package var startedAt: Int64?
    package var finishedAt: Int64?
    /// The newest, oldest first.
    package var events: [NomadTaskEvent]

    package var json: JSONValue {
        [
            "State": phase == .pending ? "pending" : phase == .running ? "running" : "dead", "Failed": .bool(isFailed),
            "Restarts": .int(Int64(restarts)), "LastRestart": time(lastRestart), "StartedAt": time(startedAt),
            "FinishedAt": time(finishedAt), "Events": .array(events.map(\.json)),
        ]
    }

    private func time(_ instant: Int64?) -> JSONValue {
        instant.map { .string(GoText.time($0)) } ?? .null
    }
}
