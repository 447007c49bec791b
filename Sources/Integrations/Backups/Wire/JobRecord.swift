package import GoWire
package import MartletCore

/// What became of one run: a job's members, and `rid, result, state, start, end, reason`.
package struct JobRecord: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable {
        case running, success, failed
    }

    package var job: BackupJob
    package var id: RecordID
    /// Of a backup `{file, size}`; null when there is none.
    package var result: JSONValue
    package var state: State
    package var start: GoTime
    /// Unset while it runs.
    package var end: GoTime
    /// Why it failed, or what is worth a look; empty.
    package var reason: String

    package init(
        job: BackupJob, id: RecordID, result: JSONValue, state: State, start: GoTime, end: GoTime, reason: String
    ) {
        self.job = job
        self.id = id
        self.result = result
        self.state = state
        self.start = start
        self.end = end
        self.reason = reason
    }

    package var wire: WireValue {
        .object(
            job.members + [
                ("rid", .string(id.description)), ("result", .json(result)), ("state", .string(state.rawValue)),
                ("start", .string(start.text())), ("end", .string(end.text())), ("reason", .string(reason)),
            ])
    }

    /// Reads one that somebody sent. Members that are not known are let be. Throws `invalid` with the fields.
    package init(_ value: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(value, problems: problems)
        let job = BackupJob(&fields)
        let id = fields.string("rid", maxBytes: 64).flatMap(RecordID.init)
        if id == nil { fields.problem("rid", "must be 10 digits and 32 hex digits") }
        let state: State? = fields.choice("state")
        if state == nil, fields.value("state") == nil { fields.problem("state", "is missing") }
        func time(_ key: String) -> GoTime? {
            fields.read(key, "a time of RFC 3339") { $0.string.flatMap(GoTime.init) }
        }
        let (start, end) = (time("start"), time("end"))
        if start?.date == nil { fields.problem("start", "must be the time of the start") }
        let result = fields.value("result") ?? .null
        let reason = fields.string("reason", maxBytes: 65_536) ?? ""
        try problems.check("the record")
        guard let id, let state, let start else { throw MartletError(.invalid, "the record is not valid") }
        self.init(
            job: job, id: id, result: result, state: state, start: start, end: end ?? GoTime(nil), reason: reason)
    }
}
