import MartletCore

/// Job definitions as the native API shows them: `definition` is what `PUT` takes.
extension JSONWriter {
    mutating func job(_ stored: StoredJob) {
        object { json in
            json.field("name", stored.job.name)
            json.field("version", Optional(stored.version))
            json.field("source", stored.source)
            json.field("updatedAt", stored.updatedAt)
            json.field("definition", stored.job.definition)
        }
    }
}

extension Job {
    /// The document this job is read from, without what is a default.
    var definition: JSONValue {
        var members: [String: JSONValue] = [:]
        members["name"] = name.map(JSONValue.string)
        members["description"] = description.map(JSONValue.string)
        members["tasks"] = .array(tasks.map(\.definition))
        if !params.isEmpty { members["params"] = .object(params.mapValues(\.definition)) }
        if !secrets.isEmpty { members["secrets"] = .object(secrets.mapValues(JSONValue.string)) }
        if !labels.isEmpty { members["labels"] = .object(labels.mapValues(JSONValue.string)) }
        members["retry"] = retry?.definition
        members["timeout"] = timeout.map(JSONValue.init(span:))
        members["concurrency"] = concurrency.map { .int(Int64($0)) }
        if retryLost { members["retryLost"] = true }
        if !notify.isEmpty { members["notify"] = .array(notify.map(\.definition)) }
        return .object(members)
    }
}

extension JSONValue {
    init(span: TimeSpan) { self = .string(span.description) }
}

extension TaskSpec {
    fileprivate var definition: JSONValue {
        var members: [String: JSONValue] = ["name": .string(name)]
        if driver != "command" { members["driver"] = .string(driver) }
        if let keys = spec.object, keys.count == 1, let command = keys["command"] {
            members["command"] = command
        } else {
            members["spec"] = spec
        }
        if !environment.isEmpty { members["environment"] = .object(environment.mapValues(JSONValue.string)) }
        if !secrets.isEmpty { members["secrets"] = .object(secrets.mapValues(JSONValue.string)) }
        if when != .success { members["when"] = .string(when.rawValue) }
        if onFailure != .stop { members["onFailure"] = .string(onFailure.rawValue) }
        members["timeout"] = timeout.map(JSONValue.init(span:))
        members["grace"] = grace.map(JSONValue.init(span:))
        if stopSignal != .term { members["stopSignal"] = .string(stopSignal.rawValue) }
        return .object(members.merging(process.definition) { first, _ in first })
    }
}

extension ProcessLimits {
    fileprivate var definition: [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        members["cwd"] = cwd.map(JSONValue.string)
        members["user"] = user.map(JSONValue.string)
        members["umask"] = umask.map(JSONValue.string)
        members["nice"] = nice.map { .int(Int64($0)) }
        var limits: [String: JSONValue] = [:]
        limits["memory"] = memory.map(JSONValue.int)
        limits["openFiles"] = openFiles.map { .int(Int64($0)) }
        limits["processes"] = processes.map { .int(Int64($0)) }
        if !limits.isEmpty { members["limits"] = .object(limits) }
        return members
    }
}

extension ParamSpec {
    fileprivate var definition: JSONValue {
        var members: [String: JSONValue] = ["type": .string(type.rawValue)]
        members["description"] = description.map(JSONValue.string)
        if required { members["required"] = true }
        members["default"] = `default`
        members["choices"] = choices.map(JSONValue.array)
        members["pattern"] = pattern.map(JSONValue.string)
        members["minimum"] = minimum.map(JSONValue.double)
        members["maximum"] = maximum.map(JSONValue.double)
        if secret { members["secret"] = true }
        return .object(members)
    }
}

extension RetryPolicy {
    fileprivate var definition: JSONValue {
        var members: [String: JSONValue] = [
            "limit": .int(Int64(limit)), "on": .string(on.rawValue), "mode": .string(mode.rawValue),
            "delay": JSONValue(span: delay), "backoff": .string(backoff.rawValue),
            "maxDelay": JSONValue(span: maxDelay),
        ]
        members["window"] = window.map(JSONValue.init(span:))
        return .object(members)
    }
}

extension NotifyRule {
    var definition: JSONValue {
        ["on": .array(on.map { .string($0.rawValue) }), "channel": .string(channel)]
    }
}
