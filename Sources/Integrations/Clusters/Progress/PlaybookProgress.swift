import MartletCore

/// Where a playbook stands, made of its events one by one: plays, tasks, what each host made of each task, and the recap.
/// Bounded, whatever the events say.
struct PlaybookProgress: Sendable {
    static let mostHosts = 5000
    static let mostTasks = 10_000
    static let mostPlays = 1000
    static let mostFailures = 500
    /// Results kept of tasks on hosts, a byte each.
    private static let mostCells = 8_000_000

    struct Play: Sendable, Hashable {
        var number: Int
        var name: String
    }

    struct Task: Sendable, Hashable {
        var number: Int
        /// Index of its play; nil: it came before any.
        var play: Int?
        var name: String
        var role: String?
        var isHandler: Bool
        var startedAt: String
        /// A letter for each host that `hosts` has so far, `.` for none.
        var results: [UInt8] = []
        var counts = HostTally()
    }

    struct Host: Sendable, Hashable {
        var name: String
        /// Counted from its results; Ansible's own once it has told.
        var tally = HostTally()
    }

    /// A failed task on a host, or one that could not reach it.
    struct Failure: Sendable, Hashable {
        var task: Int
        var host: String
        var result: HostResult
        var message: String
    }

    private(set) var playbook = ""
    /// At least so many tasks; nil: nobody knows.
    private(set) var expectedTasks: Int?
    private(set) var expectedPlays = 0
    private(set) var plays: [Play] = []
    private(set) var tasks: [Task] = []
    private(set) var hosts: [Host] = []
    private(set) var failures: [Failure] = []
    /// Whether Ansible's recap has come, and of which hosts.
    private(set) var recap: [String: HostTally]?
    /// Something was left out because a limit was passed.
    private(set) var isTruncated = false
    /// Lines that are no events.
    var badLines = 0
    private var indexOfHost: [String: Int] = [:]
    private var indexOfTask: [Int: Int] = [:]
    private var cells = 0

    mutating func take(_ event: PlaybookEvent) {
        switch event.fact {
        case .begin: break
        case .playbook(let name, let plays, let tasks): (playbook, expectedPlays, expectedTasks) = (name, plays, tasks)
        case .play(let number, let name):
            if hasRoom(plays.count, Self.mostPlays) { plays.append(Play(number: number, name: name)) }
        case .task(let number, let name, let role, let isHandler):
            guard hasRoom(tasks.count, Self.mostTasks) else { return }
            indexOfTask[number] = tasks.count
            tasks.append(
                Task(
                    number: number, play: plays.isEmpty ? nil : plays.count - 1, name: name, role: role,
                    isHandler: isHandler, startedAt: event.time))
        case .host(let task, let host, let result, let message): take(result, of: host, in: task, message)
        case .stats(let tallies):
            recap = tallies
            for name in tallies.keys.sorted() {
                if let index = index(of: name) { hosts[index].tally = tallies[name] ?? HostTally() }
            }
        }
    }

    private mutating func take(_ result: HostResult, of host: String, in task: Int, _ message: String) {
        guard let hostIndex = index(of: host) else { return }
        hosts[hostIndex].tally.count(result)
        if result == .failed || result == .unreachable, hasRoom(failures.count, Self.mostFailures) {
            failures.append(Failure(task: task, host: host, result: result, message: message))
        }
        guard let taskIndex = indexOfTask[task] else { return }
        tasks[taskIndex].counts.count(result)
        let missing = hostIndex + 1 - tasks[taskIndex].results.count
        guard hasRoom(cells + max(0, missing), Self.mostCells) else { return }
        if missing > 0 {
            cells += missing
            tasks[taskIndex].results += [UInt8](repeating: UInt8(ascii: "."), count: missing)
        }
        tasks[taskIndex].results[hostIndex] = result.letter
    }

    private mutating func index(of host: String) -> Int? {
        if let index = indexOfHost[host] { return index }
        guard hasRoom(hosts.count, Self.mostHosts) else { return nil }
        indexOfHost[host] = hosts.count
        hosts.append(Host(name: host))
        return hosts.count - 1
    }

    private mutating func hasRoom(_ count: Int, _ most: Int) -> Bool {
        if count < most { return true }
        isTruncated = true
        return false
    }
}

// Reading it.
extension PlaybookProgress {
    /// All of what is being done: `play › task`.
    var current: String? {
        guard let task = tasks.last else { return plays.last?.name }
        let name = task.role.map { "\($0) : \(task.name)" } ?? task.name
        return task.play.map { "\(plays[$0].name) › \(name)" } ?? name
    }

    /// Tasks that are done or under way, of all; nil: nobody knows how many there are.
    var fraction: Double? {
        if recap != nil { return 1 }
        guard let expectedTasks, expectedTasks > 0 else { return nil }
        // A task that has begun is not done, and there may be more than was counted.
        return min(0.99, Double(max(0, tasks.count - 1)) / Double(expectedTasks))
    }

    /// `3/40`, with a mark when it may be more.
    var count: String { expectedTasks.map { "\(tasks.count)/\(max($0, tasks.count))" } ?? "\(tasks.count)" }

    func task(_ number: Int) -> Task? { indexOfTask[number].map { tasks[$0] } }
    func tally(of host: String) -> HostTally? { indexOfHost[host].map { hosts[$0].tally } }

    /// What is wrong with a host, by what has come so far.
    enum Standing: String, Sendable {
        case clean, failed, unreachable
        /// Nothing was done on it.
        case notReached
    }

    func standing(of host: String) -> Standing {
        guard let tally = recap.map({ $0[host] }) ?? tally(of: host) else { return .notReached }
        if tally.unreachable > 0 { return .unreachable }
        return tally.failed > 0 ? .failed : .clean
    }

    /// Those that a further run must work on: failed, unreachable or not reached.
    func failedHosts(of expected: [String]) -> [String] { expected.filter { standing(of: $0) != .clean } }
}
