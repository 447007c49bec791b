import Crypto
import Foundation
package import MartletCore

/// What a controller wants of one node: its volumes with their rules, and what the node needs to follow them.
package struct AgentPlan: Sendable, Hashable {
    /// Name of the node that it is for.
    package var node: String
    /// Zone of the schedules that name none.
    package var zone: String
    /// Backups at once; nil: as the agent's own settings say.
    package var limit: Int?
    /// How far the starts of rules are spread; nil: as the agent's own settings say.
    package var jitter: TimeSpan?
    /// Base address of the controller, to be told at once when there is something new; nil: it asks.
    package var controller: String?
    /// Their `node` is nil: they are the agent's own.
    package var volumes: [DeclaredVolume] = []
    /// Volumes whose place the agent knows: below its own root.
    package var standard: Set<VolumeName> = []
    /// Apps that have versions already: no agent makes a new repository in the place of one that it does not find.
    package var begun: Set<String> = []
    /// As a controller of the replaced system pushed them, in its order; nil: the plan is one of our own controller's, which
    /// keeps the catalogue and clears up.
    package var jobs: [BackupJob]?
    /// Why a job of `jobs` never fires, by its place.
    package var refused: [Int: String] = [:]
    /// Passwords of the repositories, by app. Never stored with the plan.
    package var passwords: [String: Secret] = [:]

    package init(node: String, zone: String, limit: Int?) {
        self.node = node
        self.zone = zone
        self.limit = limit
    }

    /// What a node of an inventory is to do. Problems of schedules are the agent's to tell.
    package init(of node: String, in inventory: Inventory, zone: String, limit: Int) {
        self.init(node: node, zone: zone, limit: limit)
        for var volume in inventory.volumes where volume.node == node {
            volume.node = nil
            if volume.path == inventory.standardPath(of: volume.name) { standard.insert(volume.name) }
            volumes.append(volume)
        }
    }

    package var apps: Set<String> { Set(volumes.map(\.name.app)) }

    /// The same plan has the same version: 32 hex digits.
    package var version: String {
        let text = SpecCoding.text(document(withPasswords: true))
        return Hex.text(SHA256.hash(data: Array(text.utf8)).prefix(16))
    }

    // MARK: Document

    /// `{node, zone, limit, controller, volumes, begun, passwords}`.
    package func document(withPasswords: Bool) -> JSONValue {
        var members: [String: JSONValue] = [
            "node": .string(node), "zone": .string(zone),
            "volumes": .array(volumes.map(document)), "begun": .array(begun.sorted().map(JSONValue.string)),
        ]
        members["limit"] = limit.map { .int(Int64($0)) }
        members["jitter"] = jitter.map { .string($0.description) }
        members["controller"] = controller.map(JSONValue.string)
        if withPasswords { members["passwords"] = .object(passwords.mapValues { .string($0.exposed) }) }
        return .object(members)
    }

    private func document(of volume: DeclaredVolume) -> JSONValue {
        var members = volume.name.json.object ?? [:]
        if !standard.contains(volume.name) { members["path"] = .string(volume.path) }
        members["containers"] = .array(volume.containers.map(JSONValue.string))
        members["backups"] = .array(volume.rules.map(\.document))
        return .object(members)
    }

    static let longestDocument = 32 << 20

    /// Throws `invalid` naming every field that is wrong. `root`: the directory that every volume must be below.
    package init(parsing value: JSONValue, root: String) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(value, problems: problems)
        let defaults = RuleDefaults(&fields)
        node = fields.string("node", maxBytes: 255) ?? ""
        if node.isEmpty { fields.problem("node", "is missing: the name of the node that the plan is for") }
        zone = fields.string("zone", maxBytes: 128) ?? "UTC"
        if (try? TimeZone(named: zone)) == nil { fields.problem("zone", "is no name of a zone") }
        limit = fields.int("limit", in: 1...10_000) ?? 1
        jitter = fields.span("jitter")
        if let jitter, jitter > Timetable.longestJitter {
            fields.problem("jitter", "must be at most \(Timetable.longestJitter)")
        }
        controller = fields.string("controller", maxBytes: 1024)
        if let controller, ControllerAddress(controller) == nil { fields.problem("controller", ControllerAddress.rule) }
        begun = Set(fields.strings("begun", maxCount: Inventory.mostVolumes) ?? [])
        for entry in fields.objects("volumes") ?? [] { add(entry, root, defaults) }
        if volumes.count > Inventory.mostVolumes {
            fields.problem("volumes", "are more than \(Inventory.mostVolumes)")
        }
        for (app, text) in fields.stringMap("passwords", maxCount: Inventory.mostVolumes) ?? [:] {
            if let problem = Secret.problem(with: text) { fields.problem("passwords.\(app)", problem) }
            passwords[app] = Secret(text)
        }
        fields.finish()
        let names = volumes.map(\.name.archive)
        if Set(names).count != names.count { fields.problem("volumes", "name one volume twice") }
        try problems.check("the plan")
    }

    private mutating func add(_ entry: Fields, _ root: String, _ defaults: RuleDefaults) {
        var fields = entry
        let name = fields.volumeName()
        let path = fields.string("path")
        let containers = fields.strings("containers", maxCount: 64) ?? []
        if !containers.allSatisfy(Token.isValid) { fields.problem("containers", Token.rule) }
        let rules = (fields.objects("backups") ?? []).map { entry in
            var entry = entry
            defer { entry.finish() }
            return BackupRule(&entry, defaults)
        }
        if rules.isEmpty { fields.problem("backups", "is missing: at least one rule") }
        if Set(rules.map(\.mode)).count != rules.count { fields.problem("backups", "have one mode twice") }
        fields.finish()
        guard let name else { return }
        if path == nil { standard.insert(name) }
        let place = path ?? Inventory.path(of: name, below: root)
        if let problem = Self.problem(with: place, below: root) { fields.problem("path", problem) }
        volumes.append(
            DeclaredVolume(name: name, path: place, node: nil, containers: containers, rules: rules, drill: nil))
    }

    /// Whoever can push a plan must not reach the rest of the machine by it.
    static func problem(with path: String, below root: String) -> String? {
        let parts = path.split(separator: "/")
        if !path.hasPrefix("/") || parts.contains("..") || parts.contains(".") || path.utf8.count > 4096 {
            return "must be an absolute path without . and .."
        }
        let above = root.split(separator: "/")
        guard parts.count > above.count, parts.starts(with: above) else {
            return "is not below \(root), which the agent was started with (--volumes)"
        }
        return nil
    }
}

extension BackupRule {
    /// As an inventory has it, whole: no default is left out.
    var document: JSONValue {
        var members: [String: JSONValue] = [
            "mode": .string(mode.rawValue), "exclude": .array(exclude.map(JSONValue.string)),
            "timeout": .string(timeout.description), "minKeep": .int(Int64(retention.least)),
        ]
        members["schedule"] = schedule.map(JSONValue.string)
        members["frequent"] = .bool(isFrequent)
        members["expire"] = retention.expire.map { .string($0.description) }
        if !retention.keep.isEmpty {
            members["keep"] = .object(
                Dictionary(
                    uniqueKeysWithValues: retention.keep.map { ($0.key.rawValue, JSONValue.int(Int64($0.value))) }))
        }
        members["pre"] = before?.document
        members["post"] = after?.document
        return .object(members)
    }
}

extension Hook {
    var document: JSONValue {
        [
            "runner": .string(runner.rawValue), "command": .array(command.map(JSONValue.string)),
            "timeout": .string(timeout.description), "onError": .string(mayFail ? "continue" : "fail"),
        ]
    }
}
