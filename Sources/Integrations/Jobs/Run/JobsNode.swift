import Foundation
import MartletCore
import MartletEngine

/// The one node: this machine, as it was found at the start.
struct JobsNode: Sendable {
    static let version = "0.11.2"

    let facts: NomadNodeFacts
    let drivers: Set<String>
    /// As `${attr.…}` names them.
    let attributes: [String: String]
    let address: String
    let region: String
    /// Of this program.
    let release: String
    let diskMB: Int
    /// When it was looked at: nanoseconds since 1970.
    let since: Int64
    /// Whether this server may run tasks as other users.
    private let isRoot: Bool

    init(_ settings: JobsSettings) {
        let info = ProcessInfo.processInfo
        let host = info.hostName.split(separator: ".").first.map(String.init) ?? "localhost"
        let name = settings.node.isEmpty ? host : settings.node
        let processors = Self.processors()
        let memory = Int(info.physicalMemory / 1_048_576)
        drivers = ["raw_exec", "exec", ReplicationDriver.name]
        isRoot = geteuid() == 0
        address = "127.0.0.1"
        (region, release) = (settings.region, settings.release)
        since = Date().nanoseconds
        let disk = (try? FileManager.default.attributesOfFileSystem(forPath: "/")) ?? [:]
        diskMB = ((disk[.systemFreeSize] as? NSNumber)?.intValue ?? 0) / 1_048_576
        facts = NomadNodeFacts(
            name: name, datacenter: settings.datacenter, drivers: drivers,
            resources: NomadResources(cpu: processors.count * processors.megahertz, memory: memory))
        var system = utsname()
        uname(&system)
        var attributes = [
            "kernel.name": "linux", "kernel.version": Self.text(&system.release), "unique.hostname": host,
            "cpu.arch": Self.text(&system.machine) == "aarch64" ? "arm64" : "amd64",
            "cpu.numcores": String(processors.count), "cpu.frequency": String(processors.megahertz),
            "cpu.totalcompute": String(processors.count * processors.megahertz), "cpu.modelname": processors.model,
            "memory.totalbytes": String(info.physicalMemory), "nomad.version": Self.version,
            "unique.network.ip-address": address,
            "os.signals": StopSignal.allCases.map { "SIG\($0.rawValue)" }.joined(separator: ","),
        ]
        for driver in drivers { attributes.merge(Self.attributes(of: driver, release)) { $1 } }
        for (key, value) in Self.release() {
            if key == "ID" { attributes["os.name"] = value }
            if key == "VERSION_ID" { attributes["os.version"] = value }
        }
        self.attributes = attributes
    }

    /// That a driver is there, and what it says of itself.
    func attributes(of driver: String) -> [String: String] { Self.attributes(of: driver, release) }

    private static func attributes(of driver: String, _ release: String) -> [String: String] {
        var attributes = ["driver.\(driver)": "1"]
        if driver == ReplicationDriver.name {
            attributes["driver.dtle.version"] = ReplicationDriver.version
            attributes["driver.dtle.full_version"] = ReplicationDriver.version + "-martlet-" + release
        }
        return attributes
    }

    /// Who runs a task that names nobody: those of `exec` not as this server's user.
    func user(of driver: String) -> String? { driver == "exec" && isRoot ? "nobody" : nil }

    /// By the names that texts of jobs have for it. `id`: by which it is kept.
    func interpolated(_ id: String) -> [String: String] {
        var all = [
            "node.unique.id": id, "node.region": region, "node.datacenter": facts.datacenter,
            "node.unique.name": facts.name, "node.class": "",
        ]
        for (name, value) in attributes { all["attr.\(name)"] = value }
        return all
    }

    // MARK: Constraints

    /// `id`: by which the node is kept.
    func fulfils(_ constraint: JobSpec.Constraint, as id: String) -> Bool {
        let names = interpolated(id)
        let (left, right) = (Self.value(constraint.left, names), Self.value(constraint.right, names))
        switch constraint.operand {
        case "is_set": return left != nil
        case "is_not_set": return left == nil
        case "!=", "not": return left != right
        default: break
        }
        guard let left, let right else { return false }
        switch constraint.operand {
        case "", "=", "==", "is": return left == right
        case "<": return left < right
        case "<=": return left <= right
        case ">": return left > right
        case ">=": return left >= right
        case "regexp":
            guard Self.isBounded(right), left.utf8.count <= Self.longestSubject else { return false }
            return (try? Regex(right)).map { left.firstMatch(of: $0) != nil } ?? false
        case "version", "semver": return Self.version(left, fulfils: right)
        case "set_contains", "set_contains_all":
            let has = Set(Self.list(left))
            return Self.list(right).allSatisfy(has.contains)
        case "set_contains_any":
            let has = Set(Self.list(left))
            return Self.list(right).contains(where: has.contains)
        default: return false
        }
    }

    private static let longestSubject = 128
    private static let mostRepeats = 3

    /// Whether a pattern is matched in a time that nobody notices: matching tries all ways there are, and repeats of repeats
    /// make too many.
    static func isBounded(_ pattern: String) -> Bool {
        let characters = Array(pattern)
        let repeats = characters.indices.filter { "*+{".contains(characters[$0]) }
        return repeats.count <= mostRepeats && repeats.allSatisfy { $0 > 0 && characters[$0 - 1] != ")" }
    }

    /// `${attr.kernel.name}`, or a text as it is; nil: this node has no such thing.
    private static func value(_ target: String, _ names: [String: String]) -> String? {
        guard target.hasPrefix("${"), target.hasSuffix("}") else { return target }
        return names[String(target.dropFirst(2).dropLast())]
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// `>= 1.2, < 2`.
    private static func version(_ version: String, fulfils rules: String) -> Bool {
        func numbers(_ text: some StringProtocol) -> [Int] {
            text.prefix { $0 != "-" && $0 != "+" }.split(separator: ".").map { Int($0) ?? 0 }
        }
        func compare(_ left: [Int], _ right: [Int]) -> Int {
            for index in 0..<max(left.count, right.count) {
                let (one, other) = (index < left.count ? left[index] : 0, index < right.count ? right[index] : 0)
                if one != other { return one < other ? -1 : 1 }
            }
            return 0
        }
        let own = numbers(version)
        return list(rules).allSatisfy { rule in
            let mark = rule.prefix { "<>=!~".contains($0) }
            let other = numbers(rule.dropFirst(mark.count).trimmingCharacters(in: .whitespaces))
            let order = compare(own, other)
            switch mark {
            case "", "=": return order == 0
            case "!=": return order != 0
            case ">": return order > 0
            case ">=": return order >= 0
            case "<": return order < 0
            case "<=": return order <= 0
            case "~>": return order >= 0 && own.prefix(max(1, other.count - 1)) == other.prefix(max(1, other.count - 1))
            default: return false
            }
        }
    }

    // MARK: What the machine says

    private static func text<Chars>(_ chars: inout Chars) -> String {
        withUnsafeBytes(of: &chars) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// How many there are, and their clock; 1000 MHz where the machine does not tell.
    private static func processors() -> (count: Int, megahertz: Int, model: String) {
        let lines = ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").split(separator: "\n")
        func values(_ key: String) -> [String] {
            lines.filter { $0.hasPrefix(key) }.compactMap { line in
                line.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
            }
        }
        let clock = values("cpu MHz").compactMap(Double.init).max().map { Int($0) } ?? 1000
        return (ProcessInfo.processInfo.activeProcessorCount, max(1, clock), values("model name").first ?? "")
    }

    /// `/etc/os-release`, see os-release(5).
    private static func release() -> [(String, String)] {
        let text = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "=", maxSplits: 1)
            return parts.count == 2
                ? (String(parts[0]), parts[1].trimmingCharacters(in: .init(charactersIn: "\""))) : nil
        }
    }
}
