package import Foundation

extension NodeRecord {
    private static let mostResults = 1000
    private static let mostPaths = 1000
    /// In bytes, of a reason and of a message; what is longer is cut where the record is made.
    package static let longestReason = 4096

    /// As it goes from a node to its controller, and as the controller keeps it. Instants in RFC 3339.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "run": .string(run.description), "node": .string(node), "volume": volume.json,
            "action": .string(action.rawValue), "state": .string(state.rawValue), "reason": .string(reason),
            "trigger": .string(trigger.source), "createdAt": .string(Timestamp.text(createdAt)),
            "results": .object(results), "version": .int(Int64(version)), "made": .array(made.map(\.json)),
        ]
        members["mode"] = mode.map { .string($0.rawValue) }
        members["outcome"] = outcome.map { .string($0.rawValue) }
        members["caller"] = trigger.caller.map(JSONValue.string)
        members["due"] = trigger.due.map { .string(Timestamp.text($0)) }
        members["startedAt"] = startedAt.map { .string(Timestamp.text($0)) }
        members["endedAt"] = endedAt.map { .string(Timestamp.text($0)) }
        members["progress"] = progress.map(JSONValue.double)
        members["message"] = message.map(JSONValue.string)
        members["backup"] = backup.map(JSONValue.string)
        if isPreview { members["isPreview"] = true }
        members["source"] = source.map(JSONValue.string)
        members["paths"] = paths.map { .array($0.map(JSONValue.string)) }
        return .object(members)
    }

    /// Throws `invalid` naming what is wrong: a node is somebody else.
    package init(parsing value: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(value, problems: problems)
        let run = fields.read("run", "the id of a run") { $0.string.flatMap { RunID($0) } }
        let volume = fields.volume("volume")
        let action: Action? = fields.choice("action")
        let state: RunState? = fields.choice("state")
        let created = fields.instant("createdAt")
        let version = fields.int("version", in: 1 ... .max)
        for (name, isMissing) in [
            ("run", run == nil), ("volume", volume == nil), ("action", action == nil), ("state", state == nil),
            ("createdAt", created == nil), ("version", version == nil),
        ] where isMissing && fields.value(name) == nil { fields.problem(name, "is missing") }
        var trigger = Trigger(source: fields.string("trigger", maxBytes: 64) ?? "api")
        trigger.caller = fields.string("caller", maxBytes: 1024)
        trigger.due = fields.instant("due")
        let results = fields.read("results", "an object", \.object) ?? [:]
        if results.count > Self.mostResults { fields.problem("results", "has more than \(Self.mostResults) members") }
        let node = fields.string("node", maxBytes: 256) ?? ""
        let made = (fields.objects("made") ?? []).compactMap { entry in
            var entry = entry
            return Made(&entry)
        }
        let mode: VolumeMode? = fields.choice("mode")
        let outcome: Outcome? = fields.choice("outcome")
        let reason = fields.string("reason", maxBytes: Self.longestReason) ?? ""
        let (started, ended) = (fields.instant("startedAt"), fields.instant("endedAt"))
        let progress = fields.read("progress", "a number") { value -> Double? in
            switch value {
            case .double(let part): part
            case .int(let part): Double(part)
            default: nil
            }
        }
        let message = fields.string("message", maxBytes: Self.longestReason)
        let backup = fields.string("backup", maxBytes: 1024)
        let source = fields.string("source", maxBytes: 1024)
        let isPreview = fields.bool("isPreview") ?? false
        let paths = fields.strings("paths", maxCount: Self.mostPaths)
        if let state, state.isEnd != (ended != nil) {
            fields.problem("endedAt", "must stand with an end, and with nothing else")
        }
        try problems.check("the record")
        guard let run, let volume, let action, let state, let created, let version else {
            throw MartletError(.invalid, "the record is not valid")
        }
        self.init(
            run: run, node: node, volume: volume, action: action, mode: mode, state: state, outcome: outcome,
            reason: reason, trigger: trigger, createdAt: created, startedAt: started, endedAt: ended,
            progress: progress, message: message, results: results, version: version, backup: backup, source: source,
            isPreview: isPreview, paths: paths,
            made: made)
    }
}

extension NodeRecord.Made {
    fileprivate var json: JSONValue {
        [
            "mode": .string(mode.rawValue), "snapshot": .string(content.snapshot), "node": .string(content.node),
            "files": .int(content.files), "bytes": .int(content.bytes), "added": .int(content.added),
            "took": .string(content.took.description), "isPartial": .bool(isPartial),
        ]
    }

    private static func isHex(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) }

    fileprivate init?(_ fields: inout Fields) {
        let mode: VolumeMode? = fields.choice("mode")
        let snapshot = fields.string("snapshot", maxBytes: 64) ?? ""
        let isSound = (8...64).contains(snapshot.utf8.count) && snapshot.utf8.allSatisfy(Self.isHex)
        if !isSound { fields.problem("snapshot", "must be 8 to 64 hex digits") }
        let content = VolumeVersion.Content(
            snapshot: snapshot, node: fields.string("node", maxBytes: 256) ?? "",
            files: Int64(fields.int("files", in: 0 ... .max) ?? 0),
            bytes: Int64(fields.int("bytes", in: 0 ... .max) ?? 0),
            added: Int64(fields.int("added", in: 0 ... .max) ?? 0), took: fields.span("took") ?? .seconds(0))
        let isPartial = fields.bool("isPartial") ?? false
        guard let mode, isSound else { return nil }
        self.init(mode: mode, content: content, isPartial: isPartial)
    }
}

extension VolumeName {
    /// `{app, proc, instance, volume}`.
    package var json: JSONValue {
        [
            "app": .string(app), "proc": .string(proc), "instance": .int(Int64(instance)), "volume": .string(volume),
        ]
    }
}

extension Fields {
    /// `{app, proc, instance, volume}`, each checked; nil when there is none or when it is wrong.
    package mutating func volume(_ key: String) -> VolumeName? {
        guard var entry = object(key) else { return nil }
        defer { entry.finish() }
        return entry.volumeName()
    }

    /// The same members, of this object itself.
    package mutating func volumeName() -> VolumeName? {
        let app = string("app", maxBytes: 100) ?? ""
        let proc = string("proc", maxBytes: 255) ?? ""
        let instance = int("instance", in: 1...VolumeName.largestInstance)
        let volume = string("volume") ?? ""
        let sound = [
            ("app", Token.isValid(app) ? nil : "the name of the app \(Token.rule)"),
            ("proc", Token.isValid(proc) ? nil : "the name of the proc \(Token.rule)"),
            ("volume", VolumeName.problem(withVolume: volume)),
            ("instance", instance == nil && value("instance") == nil ? "is missing" : nil),
        ].filter { key, wrong in
            if let wrong { problem(key, wrong) }
            return wrong != nil
        }.isEmpty
        guard sound, let instance else { return nil }
        return VolumeName(app: app, proc: proc, instance: instance, volume: volume)
    }

    /// RFC 3339.
    package mutating func instant(_ key: String) -> Date? {
        read(key, "a time such as 2025-11-22T03:00:00.000Z") { $0.string.flatMap(Timestamp.date) }
    }
}
