package import MartletCore

extension Inventory {
    static let mostVolumes = 10_000

    /// Reads the document. Every problem is told at once, with its path.
    package init(parsing document: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(document == .null ? [:] : document, problems: problems)
        root = fields.string("root") ?? root
        if !root.hasPrefix("/") || root.split(separator: "/").contains("..") {
            fields.problem("root", "must be an absolute path without ..")
        }
        let defaults = RuleDefaults(&fields)
        if var entry = fields.object("orphans") {
            orphans = Retention(&entry)
            entry.finish()
        }
        for (node, entry) in fields.entries("nodes") { parse(node: node, entry) }
        for (app, entry) in fields.entries("apps") {
            if !Token.isValid(app) || app.utf8.count > 100 {
                problems.add(entry.path, "the name of the app \(Token.rule), and is at most 100 bytes")
            }
            parse(app: app, entry, root, defaults)
        }
        fields.finish()
        refuseDoubles(problems)
        if volumes.count > Self.mostVolumes { problems.add("apps", "has more than \(Self.mostVolumes) volumes") }
        try problems.check("the inventory")
        volumes.sort { $0.name.description < $1.name.description }
    }

    private mutating func parse(node: String, _ entry: Fields) {
        var entry = entry
        if !Token.isValid(node) { entry.problems.add(entry.path, "the name of the node \(Token.rule)") }
        if let address = entry.string("address", maxBytes: 15) {
            if IPv4(address) == nil { entry.problem("address", "must be an IPv4 address such as 10.0.0.1") }
            if nodes.values.contains(address) { entry.problem("address", "is that of another node") }
            nodes[node] = address
        } else {
            entry.problem("address", "is missing: the IPv4 address of the node")
        }
        entry.finish()
    }

    private mutating func parse(app: String, _ entry: Fields, _ root: String, _ defaults: RuleDefaults) {
        var entry = entry
        for (proc, part) in entry.entries("procs") {
            if !Token.isValid(proc) { part.problems.add(part.path, "the name of the proc \(Token.rule)") }
            var part = part
            let instances = InventoryInstance.parse(&part)
            for (volume, fields) in part.entries("volumes") {
                var fields = fields
                if let problem = VolumeName.problem(withVolume: volume) { fields.problems.add(fields.path, problem) }
                let declared = DeclaredVolume.parse(&fields, defaults)
                for instance in instances {
                    let name = VolumeName(app: app, proc: proc, instance: instance.number, volume: volume)
                    volumes.append(declared.of(name, instance, root))
                }
            }
            part.finish()
        }
        entry.finish()
    }

    /// Backups are named after the archive: two volumes must not share one, and two paths would be one volume twice.
    private func refuseDoubles(_ problems: Fields.Problems) {
        var archives: [String: VolumeName] = [:]
        for volume in volumes {
            let name = volume.name
            if let other = archives.updateValue(name, forKey: name.archive), other != name {
                problems.add(
                    "apps.\(name.app).procs.\(name.proc).volumes.\(name.volume)",
                    "its backups would have the same names as those of \(other); give one of them another name")
            }
        }
        for (inner, outer) in Self.nested(volumes) {
            let name = inner.name
            problems.add(
                "apps.\(name.app).procs.\(name.proc).volumes.\(name.volume)",
                "its path \(inner.path) is, or lies below, that of \(outer.name); a restore of one would change the other"
            )
        }
    }

    /// Pairs of one machine, the first of which lies in the second, or is the same place.
    static func nested(_ volumes: [DeclaredVolume]) -> [(inner: DeclaredVolume, outer: DeclaredVolume)] {
        var pairs: [(DeclaredVolume, DeclaredVolume)] = []
        for (_, volumes) in Dictionary(grouping: volumes, by: \.node) {
            let places = volumes.map { (place: PathPattern.normal($0.path) + "/", volume: $0) }
                .sorted { ($0.place, $0.volume.name.description) < ($1.place, $1.volume.name.description) }
            var outer: (place: String, volume: DeclaredVolume)?
            for place in places {
                if let outer, place.place.hasPrefix(outer.place) {
                    pairs.append((place.volume, outer.volume))
                } else {
                    outer = place
                }
            }
        }
        return pairs
    }
}

/// One instance of a proc.
struct InventoryInstance {
    var number: Int
    var node: String?
    var containers: [String] = []

    /// A list such as `[1, 2]`, or a map `{1: {node: NAME, container: ID}}`; 1 when there is none.
    static func parse(_ fields: inout Fields) -> [InventoryInstance] {
        guard let value = fields.value("instances") else { return [InventoryInstance(number: 1)] }
        if let list = value.array {
            return list.enumerated().compactMap { index, element in
                number(element.scalarText ?? "", at: "\(fields.path(of: "instances"))[\(index)]", fields.problems)
                    .map { InventoryInstance(number: $0) }
            }
        }
        return fields.entries("instances").compactMap { text, entry in
            var entry = entry
            defer { entry.finish() }
            guard let number = number(text, at: entry.path, entry.problems) else { return nil }
            let node = entry.string("node", maxBytes: 255)
            let one = entry.string("container", maxBytes: 255)
            if let one, !Token.isValid(one) { entry.problem("container", Token.rule) }
            let more = entry.strings("containers", maxCount: Inventory.mostContainers - 1) ?? []
            if !more.allSatisfy(Token.isValid) { entry.problem("containers", Token.rule) }
            return InventoryInstance(number: number, node: node, containers: (one.map { [$0] } ?? []) + more)
        }
    }

    private static func number(_ text: String, at path: String, _ problems: Fields.Problems) -> Int? {
        if let number = Int64(text), (1...VolumeName.largestInstance).contains(number) { return Int(number) }
        problems.add(path, "must be the number of an instance, 1 to \(VolumeName.largestInstance)")
        return nil
    }
}

/// What a volume says about itself, before its instances are known.
struct VolumeEntry {
    var path: String?
    var rules: [BackupRule]
    var drill: String?

    func of(_ name: VolumeName, _ instance: InventoryInstance, _ root: String) -> DeclaredVolume {
        let path = path.map {
            $0.replacing("{app}", with: name.app).replacing("{proc}", with: name.proc)
                .replacing("{instance}", with: String(name.instance))
        }
        return DeclaredVolume(
            name: name, path: path ?? Inventory.path(of: name, below: root), node: instance.node,
            containers: instance.containers, rules: rules, drill: drill)
    }
}

extension DeclaredVolume {
    static func parse(_ fields: inout Fields, _ defaults: RuleDefaults) -> VolumeEntry {
        let path = fields.string("path")
        if let path, !path.hasPrefix("/") || path.split(separator: "/").contains("..") || path == "/" {
            fields.problem(
                "path", "must be an absolute path below / without ..; {app}, {proc}, {instance} are filled in")
        }
        let drill = fields.string("drill", maxBytes: 256)
        var rules: [BackupRule] = []
        for entry in fields.objects("backups") ?? [] {
            var entry = entry
            let rule = BackupRule(&entry, defaults)
            if rules.contains(where: { $0.mode == rule.mode }) { entry.problem("mode", "stands twice for this volume") }
            rules.append(rule)
            entry.finish()
        }
        if rules.isEmpty {
            fields.problem("backups", "is missing: a list such as [{mode: full, schedule: \"0 3 * * *\"}]")
        }
        fields.finish()
        return VolumeEntry(path: path, rules: rules, drill: drill)
    }
}
