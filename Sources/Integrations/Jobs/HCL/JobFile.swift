package import GoWire
package import MartletCore

/// A job file: HCL with one `job` block.
package enum JobFile {
    /// The job with null where the file says nothing, as `jobs/parse` answers; with `isCanonical` all defaults filled in.
    /// Throws the text that a 400 answers with; what is no HCL is told with line and column.
    package static func json(_ text: String, isCanonical: Bool) throws(GoJSONError) -> JSONValue {
        let values = try values(text)
        return .object(isCanonical ? CanonicalJob.values(values) : values)
    }

    /// The job of a file.
    package static func spec(_ text: String) throws(GoJSONError) -> JobSpec { JobSpec(decoded: try values(text)) }

    private static func values(_ text: String) throws(GoJSONError) -> [String: JSONValue] {
        let body: HCLBody
        do throws(HCLError) {
            body = try HCLParser.body(text)
        } catch {
            throw GoJSONError("error parsing: \(error.text)")
        }
        do throws(JobFileError) {
            try BlockReader.check(body, keys: ["job"])
        } catch {
            throw GoJSONError(error.text)
        }
        let jobs = body.items(named: "job")
        guard !jobs.isEmpty else { throw GoJSONError("'job' stanza not found") }
        do throws(JobFileError) {
            guard jobs.count == 1 else { throw JobFileError("only one 'job' block allowed") }
            return try job(jobs[0])
        } catch {
            throw GoJSONError("error parsing 'job': \(error.text)")
        }
    }

    private static func job(_ item: HCLItem) throws(JobFileError) -> [String: JSONValue] {
        guard let id = item.labels.first, item.labels.count == 1 else {
            throw JobFileError("'job' block missing name")
        }
        guard let body = item.value.body else { throw JobFileError("job '\(id)' value: should be an object") }
        // Blocks that the job's table does not have: tasks without a group, and what tasks inherit.
        let others = ["task", "vault"]
        let own = HCLBody(items: body.items.filter { !others.contains($0.keys[0]) })
        var values: [String: JSONValue]
        do throws(JobFileError) {
            values = try BlockReader.values(own, of: JobShape.job)
        } catch {
            throw error.isOfKeys ? error.within("job:") : error
        }
        if values["ID"] == .null { values["ID"] = .string(id) }
        if values["Name"] == .null { values["Name"] = .string(id) }
        try addTasks(body, to: &values)
        try inheritVault(body, &values)
        return values
    }

    /// A task that stands in the job itself is a group of its own name.
    private static func addTasks(_ body: HCLBody, to values: inout [String: JSONValue]) throws(JobFileError) {
        let tasks = HCLBody(items: body.items(named: "task"))
        guard !tasks.items.isEmpty else { return }
        let read = try BlockReader.values(tasks, of: JobShape.taskGroup)
        let groups: [JSONValue] = read.objects("Tasks").map { task in
            let own: [String: JSONValue] = ["Name": .string(task.text("Name")), "Tasks": [.object(task)]]
            return .object(JobShape.taskGroup.empty.merging(own) { $1 })
        }
        values["TaskGroups"] = .array(groups + (values["TaskGroups"]?.array ?? []))
    }

    private static func inheritVault(_ body: HCLBody, _ values: inout [String: JSONValue]) throws(JobFileError) {
        guard values["TaskGroups"] != .null else { return }
        var groups: [JSONValue] = []
        for var group in values.objects("TaskGroups") {
            try BlockReader.inherit(&group, body, tasks: "Tasks")
            groups.append(.object(group))
        }
        values["TaskGroups"] = .array(groups)
    }
}
