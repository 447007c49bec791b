import MartletCore

extension RunListing {
    static let everything = Filter(
        walks: [Walk(source: "runs r", id: "r.id", condition: "1", arguments: [])], condition: "1",
        arguments: [], covers: [], name: "all")

    /// In the order of how few runs they usually leave.
    static func filters(of query: RunQuery) -> [Filter] {
        var filters: [Filter] = []
        if let key = query.key { filters.append(keyed(key)) }
        if query.group != nil || query.batch != nil { filters.append(grouped(query.group, query.batch)) }
        filters += query.labels.sorted { $0.key < $1.key }.map { labelled($0.key, $0.value) }
        let states = query.states.isEmpty ? RunState.allCases : Array(Set(query.states))
        if let job = query.job {
            filters.append(job.isEmpty ? inline : byState("job", job, "r.job <> ''", "runs_job", states))
        }
        if let driver = query.driver { filters.append(byState("driver", driver, nil, "runs_driver", states)) }
        if !query.states.isEmpty { filters.append(inStates(states)) }
        return filters
    }

    private static func keyed(_ key: String) -> Filter {
        Filter(
            walks: [
                Walk(source: "runs r INDEXED BY runs_key", id: "r.id", condition: "r.key = ?", arguments: [key])
            ],
            condition: "r.key = ?", arguments: [key], covers: ["key"], name: "key")
    }

    private static func grouped(_ group: String?, _ batch: String?) -> Filter {
        var conditions: [String] = []
        if group != nil { conditions.append("g.group_name = ?") }
        if batch != nil { conditions.append("g.batch = ?") }
        let condition = conditions.joined(separator: " AND ")
        let index = batch == nil ? "" : " INDEXED BY run_groups_batch"
        let arguments = [group, batch].compactMap { $0 }
        return Filter(
            walks: [
                Walk(
                    source: "run_groups g\(index)", id: "g.run",
                    condition: condition, arguments: arguments)
            ],
            condition: "EXISTS (SELECT 1 FROM run_groups g WHERE g.run = r.id AND \(condition))",
            arguments: arguments, covers: ["group"], name: "group")
    }

    private static func labelled(_ name: String, _ value: String) -> Filter {
        Filter(
            walks: [
                Walk(
                    source: "run_labels l", id: "l.run",
                    condition: "l.name = ? AND l.value = ?", arguments: [name, value])
            ],
            condition: "EXISTS (SELECT 1 FROM run_labels x WHERE x.name = ? AND x.value = ? AND x.run = r.id)",
            arguments: [name, value], covers: ["label \(name)"], name: "label \(name)")
    }

    /// By a column whose index goes on with the state: one walk for each state.
    private static func byState(
        _ column: String, _ value: String, _ partial: String?, _ index: String, _ states: [RunState]
    ) -> Filter {
        let condition = "r.\(column) = ?"
        let walks = states.map { state in
            Walk(
                source: "runs r INDEXED BY \(index)", id: "r.id",
                condition: "\(condition) AND r.state = ?\(partial.map { " AND \($0)" } ?? "")",
                arguments: [value, state.rawValue])
        }
        return Filter(
            walks: walks, condition: condition, arguments: [value], covers: [column, "state"], name: column)
    }

    /// Runs without a stored job: they are most runs or few, and no index is kept for them.
    private static let inline = Filter(
        walks: [Walk(source: "runs r", id: "r.id", condition: "r.job = ''", arguments: [])],
        condition: "r.job = ''", arguments: [], covers: ["job"], name: "job")

    private static func inStates(_ states: [RunState]) -> Filter {
        let walks = states.map { state in
            Walk(
                source: "runs r INDEXED BY runs_state", id: "r.id", condition: "r.state = ?",
                arguments: [state.rawValue])
        }
        return Filter(
            walks: walks, condition: "r.state IN (\(states.map { _ in "?" }.joined(separator: ",")))",
            arguments: states.map(\.rawValue).sorted(), covers: ["state"], name: "state")
    }
}
