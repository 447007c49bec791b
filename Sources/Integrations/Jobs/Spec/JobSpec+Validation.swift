import GoWire
package import MartletCore

extension JobSpec {
    /// What is wrong with the job, in Nomad's order and words; empty: nothing.
    package func problems() -> [String] { JobCheck(values).problems }

    /// The text that a registration's 500 answers with; nil: the job is valid.
    package func refusal() -> String? {
        let found = problems()
        return found.isEmpty ? nil : GoErrors.text(found)
    }

    /// What `POST /v1/validate/job` answers. Drivers check their configuration when a task starts, as Nomad's do.
    package func validation() -> JSONValue {
        let found = problems()
        return [
            "DriverConfigValidated": true,
            "Error": .string(GoErrors.text(found)),
            "ValidationErrors": found.isEmpty ? .null : .array(found.map { .string($0) }),
            "Warnings": .string(warnings()),
        ]
    }

    /// What is allowed and probably not meant, in one text; empty: nothing.
    package func warnings() -> String {
        var found = groups.compactMap { group -> String? in
            let all = Self.warnings(group) + ReplicationCheck.warnings(of: group, in: self)
            return all.isEmpty ? nil : "Group \(GoErrors.quoted(group.name)) has warnings: \(GoErrors.text(all))"
        }
        let promoting = groups.filter { $0.update?.autoPromote == true }.count
        if promoting > 0, promoting < groups.count {
            found.append("auto_promote must be true for all groups to enable automatic promotion")
        }
        if found.isEmpty { return "" }
        return "\(found.count) warning(s):\n\n" + found.map { "* " + $0 }.joined(separator: "\n")
    }

    private static func warnings(_ group: TaskGroup) -> [String] {
        guard let update = group.update, update.maxParallel > group.count else { return [] }
        return [
            "Update max parallel count is greater than task group count (\(update.maxParallel) > \(group.count)). A destructive change would result in the simultaneous replacement of all allocations."
        ]
    }
}
