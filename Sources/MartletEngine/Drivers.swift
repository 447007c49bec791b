package import MartletCore

/// The drivers this server knows, by name.
package struct Drivers: Sendable {
    private let byName: [String: any Driver]

    package init(_ drivers: [any Driver]) {
        byName = Dictionary(drivers.map { ($0.name, $0) }) { first, _ in first }
    }

    package var names: [String] { byName.keys.sorted() }

    package func driver(_ name: String) throws(MartletError) -> any Driver {
        if let driver = byName[name] { return driver }
        throw MartletError(
            .invalid, "unknown driver",
            problems: [FieldProblem(field: "driver", problem: "\(name) is not one of \(names.joined(separator: ", "))")]
        )
    }

    /// Plans every task once, so that a bad definition is refused now and does not fail later.
    package func check(_ job: Job, params: [String: JSONValue]) throws(MartletError) {
        let probe = RunID(high: 0, low: 0)
        for (index, task) in job.tasks.enumerated() {
            let context = TaskContext(
                address: TaskAddress(run: probe, attempt: 1, task: index), task: task, jobName: job.name,
                params: params)
            do {
                _ = try driver(task.driver).plan(context)
                let problems = Fields.Problems()
                for (name, value) in task.environment {
                    _ = Template.fill(value, with: params, at: "environment.\(name)", problems: problems)
                }
                try problems.check("task \(task.name)")
            } catch {
                let prefix = job.tasks.count > 1 ? "tasks[\(index)]." : ""
                throw MartletError(
                    error.code, error.message,
                    problems: error.problems.map { FieldProblem(field: prefix + $0.field, problem: $0.problem) })
            }
        }
    }
}

extension Drivers {
    /// What an ended run leaves, by the drivers of its tasks that it got to.
    package func yields(of run: Run) -> [RunYield] {
        let names = Set(run.job.tasks.prefix(run.task + 1).map(\.driver)).sorted()
        return names.compactMap { byName[$0] as? any YieldingDriver }.flatMap { $0.yields(of: run) }
    }
}
