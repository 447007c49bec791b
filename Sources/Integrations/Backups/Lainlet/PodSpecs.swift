import MartletCore

/// What lainlet tells of pods: a key for each group, `<app>.<type>.<proc>`, with its pods. Payloads are whole states.
///
/// What is wrong with one entry refuses that entry; only a payload that is no such document is refused as a whole.
struct PodSpecs {
    /// `root`: directory of the volumes on the nodes.
    static func inventory(_ payload: [UInt8], root: String) throws -> Inventory {
        let document: JSONValue
        do {
            document = try JSONParser.parse(payload)
        } catch {
            throw MartletError(.invalid, "what is told of pods is no JSON: \(error)")
        }
        guard let groups = document.object else { throw MartletError(.invalid, "the pods are no object of groups") }
        var reading = Reading(root: root)
        for (group, pods) in groups.sorted(by: { $0.key < $1.key }) { reading.take(group, pods.array ?? []) }
        return reading.finished
    }
}

extension JSONValue {
    /// Null where there is no such member.
    fileprivate subscript(_ name: String) -> JSONValue { object?[name] ?? .null }
}

private struct Reading {
    let root: String
    var inventory = Inventory()
    private var volumes: [VolumeName: DeclaredVolume] = [:]
    private var archives: Set<String> = []

    init(root: String) { self.root = root }

    /// A container may put a link where an inner volume lies: then the host would follow it.
    var finished: Inventory {
        var reading = self
        for (inner, outer) in Inventory.nested(Array(volumes.values)) {
            reading.volumes[inner.name] = nil
            reading.refuse(
                "\(inner.name.proc) \(inner.name.instance) \(inner.name.volume)",
                "it lies in the volume \(outer.name.volume)")
        }
        reading.inventory.volumes = reading.volumes.values.sorted { $0.name.description < $1.name.description }
        return reading.inventory
    }

    private mutating func refuse(_ what: String, _ why: String) {
        guard inventory.refused.count < Inventory.mostRefused else { return }
        inventory.refused.append(Inventory.Refusal(entry: String(what.prefix(300)), problem: why))
    }

    mutating func take(_ group: String, _ pods: [JSONValue]) {
        // An app's own name may have dots.
        let parts = group.split(separator: ".", omittingEmptySubsequences: false)
        let app = parts.dropLast(2).joined(separator: ".")
        guard parts.count >= 3, parts.allSatisfy({ !$0.isEmpty }), Token.isValid(group), app.utf8.count <= 100 else {
            return refuse(group, "is no name of the form app.type.proc; \(Token.rule)")
        }
        for pod in pods { take(pod, app: app, proc: group) }
    }

    private mutating func take(_ pod: JSONValue, app: String, proc: String) {
        guard let instance = pod["InstanceNo"].wholeNumber, (1...VolumeName.largestInstance).contains(instance) else {
            return refuse(proc, "a pod has no InstanceNo from 1")
        }
        let annotation = pod["Annotation"].string ?? ""
        guard !annotation.isEmpty else { return }
        guard let document = try? JSONParser.parse(Array(annotation.utf8)) else {
            return refuse("\(proc) \(instance)", "its annotation is no JSON")
        }
        let containers = (pod["Containers"].array ?? []).filter { IPv4($0["NodeIp"].string ?? "") != nil }
        guard let node = containers.first?["NodeIp"].string else {
            if document["backup"].array?.isEmpty == false {
                refuse("\(proc) \(instance)", "none of its containers has a node with an IPv4 address")
            }
            return
        }
        inventory.nodes[node] = node
        let ids = containers.filter { $0["NodeIp"].string == node }.compactMap { $0["Id"].string }
        for entry in document["backup"].array ?? [] {
            let volume = entry["volume"].string ?? ""
            let what = "\(proc) \(instance) \(volume)"
            do throws(Refused) {
                let rule = try rule(entry, proc)
                let name = VolumeName(app: app, proc: proc, instance: Int(instance), volume: volume)
                try add(
                    name, rule, node: node,
                    containers: Array(ids.filter(Token.isValid).prefix(Inventory.mostContainers)))
            } catch {
                refuse(what, error.why)
            }
        }
    }

    private struct Refused: Error {
        let why: String
    }

    private mutating func add(
        _ name: VolumeName, _ rule: BackupRule, node: String, containers: [String]
    ) throws(Refused) {
        if let problem = VolumeName.problem(withVolume: name.volume) { throw Refused(why: "its volume \(problem)") }
        if let known = volumes[name] {
            if known.rules.contains(where: { $0.mode == rule.mode }) {
                throw Refused(why: "the mode \(rule.mode.rawValue) stands twice for this volume")
            }
            volumes[name]?.rules.append(rule)
            return
        }
        guard volumes.count < Inventory.mostVolumes else {
            throw Refused(why: "there are more than \(Inventory.mostVolumes) volumes")
        }
        guard archives.insert(name.archive).inserted else {
            throw Refused(why: "its backups would have the same names as those of another volume")
        }
        volumes[name] = DeclaredVolume(
            name: name, path: (root == "/" ? "" : root) + "/" + name.description, node: node,
            containers: containers, rules: [rule], drill: nil)
    }

    private func rule(_ entry: JSONValue, _ proc: String) throws(Refused) -> BackupRule {
        guard entry["procname"].string == proc else {
            throw Refused(why: "its procname is another one: \((entry["procname"].string ?? "none").prefix(100))")
        }
        guard let schedule = entry["schedule"].string, !schedule.isEmpty, schedule.utf8.count <= 256,
            !schedule.utf8.contains(0)
        else {
            throw Refused(why: "it has no schedule")
        }
        guard let expire = LegacySpan.parse(entry["expire"].string ?? "") else {
            throw Refused(why: "its expire is no number with m, h or d, such as 30d, and at most ten years")
        }
        guard let mode = VolumeMode(rawValue: entry["mode"].string ?? ""), mode != .safety else {
            throw Refused(why: "its mode is neither full nor increment")
        }
        let hooks = [entry["preRun"], entry["postRun"]].map { Hook(legacyLine: $0.string ?? "") }
        guard hooks.allSatisfy({ $0?.isUsable ?? true }) else {
            throw Refused(why: "its preRun or postRun has more than \(Hook.mostWords) words or a NUL")
        }
        return BackupRule(
            mode: mode, schedule: schedule, retention: Retention(expire: expire), exclude: [], before: hooks[0],
            after: hooks[1], timeout: RuleDefaults.timeout)
    }
}
