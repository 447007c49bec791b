import Foundation
import MartletCore
import MartletEngine

/// Runs as the native API shows them. Secret values are not in a run at all: only their names are.
extension JSONWriter {
    /// One run in full.
    mutating func run(_ view: RunView, attempts: [FinishedTask]) {
        object { json in
            json.members(of: view.run, reason: view.reason)
            json.field("group", view.groups.first?.group)
            json.array("groups", view.groups) { json, membership in
                json.object { json in
                    json.field("group", membership.group)
                    json.field("batch", membership.batch)
                }
            }
            json.field("params", .object(view.run.params))
            json.array("secrets", view.run.secretNames) { $0.value($1) }
            json.array("tasks", view.run.job.tasks) { json, task in
                json.object { json in
                    json.field("name", task.name)
                    json.field("driver", task.driver)
                    json.field("when", task.when.rawValue)
                    json.field("spec", task.spec)
                }
            }
            json.array("attempts", attempts) { $0.finishedTask($1) }
        }
    }

    /// One run of a listing: without its groups, definition and history.
    mutating func runItem(_ view: RunView) {
        object { $0.members(of: view.run, reason: view.reason) }
    }

    private mutating func members(of run: Run, reason: Reason) {
        field("id", run.id.description)
        field("state", run.state.rawValue)
        field("outcome", run.outcome?.rawValue)
        field("exitCode", run.exitCode)
        field("signal", run.signal)
        field("createdAt", run.createdAt)
        field("dueAt", run.dueAt)
        field("startedAt", run.startedAt)
        field("finishedAt", run.finishedAt)
        field("attempt", Optional(run.attempt))
        object("task") { json in
            json.field("name", run.currentTask.name)
            json.field("number", Optional(run.task + 1))
            json.field("of", Optional(run.job.tasks.count))
        }
        report(run.report)
        field("key", run.key)
        field("labels", run.labels)
        field("driver", run.driver)
        field("job", run.job.name)
        field("title", run.title)
        trigger(run.trigger)
        field("traceId", run.trigger.trace?.id)
        key("reason")
        self.reason(reason)
    }

    private mutating func report(_ report: TaskReport) {
        field("progress", report.progress.map(JSONValue.double) ?? .null)
        field("message", report.message)
        field("results", .object(report.results))
        array("warnings", report.warnings) { $0.value($1) }
    }

    private mutating func trigger(_ trigger: Trigger) {
        object("trigger") { json in
            json.field("source", trigger.source)
            json.field("caller", trigger.caller)
            json.field("rerunOf", trigger.rerunOf?.description)
        }
    }

    /// The reason's word for programs, and its sentence with the next step in each language.
    mutating func reason(_ reason: Reason) {
        let english = reason.sentence(.en)
        let chinese = reason.sentence(.zh)
        object { json in
            json.field("code", reason.code)
            json.field("en", english.text)
            json.field("zh", chinese.text)
            json.object("next") { json in
                json.field("en", english.next)
                json.field("zh", chinese.next)
            }
        }
    }

    private mutating func finishedTask(_ task: FinishedTask) {
        object { json in
            json.field("attempt", Optional(task.attempt))
            json.field("task", Optional(task.task + 1))
            json.field("name", task.name)
            json.field("outcome", task.verdict.outcome.rawValue)
            json.field("note", task.verdict.note)
            json.field("exitCode", task.exit.code)
            json.field("signal", task.exit.signal)
            json.field("startedAt", task.exit.startedAt)
            json.field("finishedAt", task.exit.endedAt)
            json.field("timedOut", task.exit.timedOut)
            json.field("stopped", task.exit.stopped)
            json.field("logBytes", Optional(task.exit.logBytes))
            json.field("droppedBytes", Optional(task.exit.droppedBytes))
            json.array("warnings", task.exit.warnings) { $0.value($1) }
        }
    }

    mutating func event(_ event: RunEvent) {
        object { json in
            json.field("number", Optional(event.number))
            json.field("run", event.run.description)
            json.field("kind", event.kind.rawValue)
            json.field("from", event.from?.rawValue)
            json.field("to", event.to.rawValue)
            json.field("attempt", Optional(event.attempt))
            json.field("task", Optional(event.task + 1))
            json.key("reason")
            if let reason = event.reason { json.reason(reason) } else { json.null() }
            json.field("note", event.note)
            json.field("at", event.at)
        }
    }
}

extension Run {
    /// What a table shows for it: its job, or the beginning of its command.
    var title: String {
        if let name = job.name { return name }
        let words = job.tasks.first?.spec.object?["command"]?.array?.compactMap(\.scalarText) ?? []
        let text = words.joined(separator: " ")
        return text.count > 100 ? text.prefix(99) + "…" : text
    }

    /// Changes with everything that an answer about the run can show.
    func tag(_ reason: Reason) -> String {
        state == .pending ? "\"\(version)-\(reason.code)\"" : "\"\(version)\""
    }
}
