import Foundation
import MartletCore

/// A job of the job API, for people.
struct NomadJobSheet {
    let job: JSONValue

    static func list(_ page: JSONValue) {
        var table = Table("ID", "TYPE", "STATUS", "VERSION", "ALLOCATIONS")
        for job in page["items"].items {
            let status = state(of: job)
            table.add(
                .init(job["id"].string ?? ""), .init(job["type"].string ?? ""), .init(status, Humane.colour(status)),
                .init("\(job["version"].int ?? 0)"), .init(counts(job)))
        }
        table.print()
    }

    private static func state(of job: JSONValue) -> String {
        if job["stopped"].bool == true { return "stopped" }
        return job["paused"].bool == true ? "paused" : job["status"].string ?? ""
    }

    /// `2 running, 1 failed`, of all groups together.
    private static func counts(_ job: JSONValue) -> String {
        let words = ["queued", "starting", "running", "complete", "failed", "lost"]
        let found = words.compactMap { word in
            let count = (job["groups"].object ?? [:]).values.compactMap { $0[word].int }.reduce(0, +)
            return count > 0 ? "\(count) \(word)" : nil
        }
        return found.isEmpty ? "–" : found.joined(separator: ", ")
    }

    func print() {
        line("job", job["id"].string)
        line("type", job["type"].string)
        line("status", Self.state(of: job), Humane.colour(Self.state(of: job)))
        line("version", job["version"].int.map(String.init))
        line("made by", job["parent"].string)
        line("submitted", job["submittedAt"].string.map { "\($0)  (\(Humane.age(job["submittedAt"])) ago)" })
        line("deployment", job["deployment"]["description"].string)
        for evaluation in job["evaluations"].items where evaluation["status"] == "blocked" {
            for (group, why) in (evaluation["blockedBy"].object ?? [:]).sorted(by: { $0.key < $1.key }) {
                line("waits", "group \(group): \(why.string ?? "")", .yellow)
            }
        }
        replication()
        allocations()
    }

    private func replication() {
        let (found, target) = (job["replication"], job["replication"]["target"])
        guard found.object != nil else { return }
        let state = found["alive"].bool == true ? found["state"].string ?? "starting" : "no process"
        let lag = found["lag"].double.map { ", \(Self.short($0)) s behind" } ?? ""
        line("replicates", state + lag, found["alive"].bool == true ? .blue : nil)
        if let rows = target["copy"]["rows"].int {
            let left = target["copy"]["eta"].double.map { $0 > 0 ? ", \(Self.short($0)) s left" : "" } ?? ""
            line("copied", "\(rows) of about \(target["copy"]["rowsTotal"].int ?? rows) rows\(left)")
        }
        if let rows = target["applied"]["rows"].int {
            line("applied", "\(rows) rows, \(Self.short(target["rowsPerSecond"].double ?? 0)) a second")
        }
        if let cause = target["stall"]["cause"].string { line("stands", cause, .yellow) }
        if let retries = target["retries"].int, retries > 0 {
            line("retries", "\(retries), last: \(target["lastError"]["text"].string ?? "")")
        }
        line("compared", found["verify"]["message"].string)
    }

    private static func short(_ number: Double) -> String {
        number.formatted(.number.precision(.fractionLength(0...1)))
    }

    private func allocations() {
        guard !job["allocations"].items.isEmpty else { return }
        Terminal.print("")
        var table = Table("ALLOC", "TASK", "VERSION", "STATE", "STAGE", "PROGRESS", "DELAY", "RESTARTS", "LAST EVENT")
        for allocation in job["allocations"].items {
            for task in allocation["tasks"].items {
                let status = allocation["status"].string ?? ""
                table.add(
                    .init(String((allocation["id"].string ?? "").prefix(8))),
                    .init("\(allocation["group"].string ?? "")/\(task["name"].string ?? "")"),
                    .init("\(allocation["version"].int ?? 0)"), .init(status, Humane.colour(status)),
                    .init(Self.text(task["stage"])),
                    .init(task["progress"].double.map { "\(Int($0 * 100)) %" } ?? "–"), .init(Self.text(task["delay"])),
                    .init("\(task["restarts"].int ?? 0)"),
                    .init(String((task["events"].items.last?["message"].string ?? "–").prefix(60))))
            }
        }
        table.print()
    }

    private static func text(_ value: JSONValue) -> String {
        if case .double(let number) = value { return short(number) }
        return value == .null ? "–" : String((value.scalarText ?? JSONText.line(value)).prefix(40))
    }

    private func line(_ name: String, _ value: String?, _ colour: Terminal.Colour? = nil) {
        guard let value, !value.isEmpty else { return }
        let title = name.padding(toLength: 11, withPad: " ", startingAt: 0)
        Terminal.print(Terminal.paint(title, .grey) + Terminal.paint(Terminal.safe(value), colour))
    }

    /// The run of a task. `allocation`: the beginning of an id; nil: the newest. Throws what to say instead.
    func run(task: String?, allocation: String?) throws(MartletError) -> String {
        let all = job["allocations"].items
        let chosen = allocation.map { prefix in all.first { $0["id"].string?.hasPrefix(prefix) == true } } ?? all.first
        guard let chosen else {
            let why = allocation.map { "no allocation of it begins with \($0)" } ?? "it has no allocation"
            throw MartletError(.notFound, "\(job["id"].string ?? "the job"): \(why); martlet job status shows them")
        }
        let tasks = chosen["tasks"].items
        let names = tasks.compactMap { $0["name"].string }
        if task == nil, tasks.count > 1 {
            throw MartletError(
                .invalid, "there are several tasks",
                problems: [FieldProblem(field: "--task", problem: "must be one of \(names.joined(separator: ", "))")])
        }
        guard let found = task.map({ task in tasks.first { $0["name"].string == task } }) ?? tasks.first else {
            throw MartletError(
                .notFound, "there is no such task",
                problems: [FieldProblem(field: "--task", problem: "must be one of \(names.joined(separator: ", "))")])
        }
        if let run = found["run"].string { return run }
        let why = found["events"].items.last { $0["type"] != "Alloc Unhealthy" }?["message"].string ?? ""
        throw MartletError(.notFound, "the task was never started: \(why)")
    }
}
