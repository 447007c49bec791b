import MartletCore

/// One line of an events file: what our callback plugin tells, and what the worker adds. What it does not understand is no
/// event; every text is bounded.
struct PlaybookEvent: Sendable, Hashable {
    enum Fact: Sendable, Hashable {
        /// The worker's: who runs Ansible.
        case begin(pid: Int64, user: String)
        /// `tasks`: at least so many; nil: nobody knows.
        case playbook(name: String, plays: Int, tasks: Int?)
        case play(number: Int, name: String)
        case task(number: Int, name: String, role: String?, isHandler: Bool)
        case host(task: Int, host: String, HostResult, message: String)
        case stats([String: HostTally])
    }

    /// Longer lines are passed over. The recap of thousands of hosts is the longest one.
    static let longestLine = 1 << 20 - 1
    private static let longestText = 500
    private static let largestNumber: Int64 = 10_000_000

    let fact: Fact
    /// As it stands there, in RFC 3339.
    let time: String
    /// All of it.
    let value: JSONValue

    init?(_ line: some Sequence<UInt8>) {
        guard let value = try? JSONParser.parse(line, maxDepth: 6), let members = value.object,
            let fact = Self.fact(members)
        else { return nil }
        self.fact = fact
        self.value = value
        time = members["time"]?.string.map { String($0.prefix(40)) } ?? ""
    }

    private static func fact(_ members: [String: JSONValue]) -> Fact? {
        func number(_ key: String) -> Int? { members[key]?.count(upTo: largestNumber) }
        func text(_ key: String) -> String? { members[key]?.string.map { String($0.prefix(longestText)) } }
        switch members["event"]?.string {
        case "begin": return number("pid").flatMap { pid in text("user").map { .begin(pid: Int64(pid), user: $0) } }
        case "playbook":
            return .playbook(name: text("name") ?? "", plays: number("plays") ?? 0, tasks: number("tasks"))
        case "play": return number("number").map { .play(number: $0, name: text("name") ?? "") }
        case "task":
            return number("number").map {
                .task(
                    number: $0, name: text("name") ?? "", role: text("role"),
                    isHandler: members["handler"] == .bool(true))
            }
        case "host":
            guard let task = number("task"), let host = text("host"), !host.isEmpty,
                let result = text("result").flatMap(HostResult.init(rawValue:))
            else { return nil }
            return .host(task: task, host: host, result, message: text("message") ?? "")
        case "stats":
            guard let hosts = members["hosts"]?.object, hosts.count <= PlaybookProgress.mostHosts else { return nil }
            var tallies: [String: HostTally] = [:]
            for (host, value) in hosts {
                guard let tally = HostTally(value) else { return nil }
                tallies[String(host.prefix(longestText))] = tally
            }
            return .stats(tallies)
        default: return nil
        }
    }
}

/// How a task ended on a host.
enum HostResult: String, Sendable, Hashable, CaseIterable {
    case ok, changed, failed, ignored, skipped, unreachable

    /// One letter in a row of results.
    var letter: UInt8 {
        switch self {
        case .ok: UInt8(ascii: "o")
        case .changed: UInt8(ascii: "c")
        case .failed: UInt8(ascii: "f")
        case .ignored: UInt8(ascii: "i")
        case .skipped: UInt8(ascii: "s")
        case .unreachable: UInt8(ascii: "u")
        }
    }
}

/// What Ansible's recap counts of a host.
struct HostTally: Sendable, Hashable {
    var ok = 0
    var changed = 0
    var failed = 0
    var unreachable = 0
    var skipped = 0
    var rescued = 0
    var ignored = 0

    init() {}

    /// Nil when it is no recap: `failed` and `unreachable` must be there.
    init?(_ value: JSONValue) {
        guard let members = value.object else { return nil }
        func number(_ key: String) -> Int? { members[key]?.count(upTo: 10_000_000) }
        guard let failed = number("failed"), let unreachable = number("unreachable") else { return nil }
        (self.failed, self.unreachable) = (failed, unreachable)
        (ok, changed, skipped) = (number("ok") ?? 0, number("changed") ?? 0, number("skipped") ?? 0)
        (rescued, ignored) = (number("rescued") ?? 0, number("ignored") ?? 0)
    }

    var isClean: Bool { failed == 0 && unreachable == 0 }

    /// As a task's result on the host counts.
    mutating func count(_ result: HostResult) {
        switch result {
        case .ok: ok += 1
        case .changed:
            ok += 1
            changed += 1
        case .failed: failed += 1
        case .ignored:
            ok += 1
            ignored += 1
        case .skipped: skipped += 1
        case .unreachable: unreachable += 1
        }
    }
}

extension JSONValue {
    /// A whole number from 0.
    fileprivate func count(upTo largest: Int64) -> Int? {
        guard case .int(let number) = self, (0...largest).contains(number) else { return nil }
        return Int(number)
    }
}
