import MartletCore

/// Whether a playbook did what it was for. Ansible's exit code alone tells too little: it is 0 when no host was there to
/// work on.
struct PlaybookOutcome: Sendable, Hashable {
    /// Exit code of the worker when Ansible's was 0 and the recap proves no success.
    static let unproven: Int32 = 20
    /// The worker could not start Ansible.
    static let unable: Int32 = 21
    private static let mostNamed = 5

    var code: Int32
    /// What is wrong, in a sentence; nil: nothing.
    var problem: String?

    /// `code`: Ansible's, 128 + number after a signal.
    init(code: Int32, _ progress: PlaybookProgress, expected: [String]) {
        let problem = Self.problem(code, progress, expected)
        self.code = code == 0 && problem != nil ? Self.unproven : code
        self.problem = problem
    }

    private static func problem(_ code: Int32, _ progress: PlaybookProgress, _ expected: [String]) -> String? {
        guard progress.recap != nil else {
            return
                "ansible-playbook ended with \(code) and no recap\(progress.current.map { " at “\($0)”" } ?? ""): see the log"
        }
        let failed = progress.failedHosts(of: expected)
        if failed.isEmpty { return code == 0 ? nil : "ansible-playbook ended with \(code): see the log" }
        let named = failed.prefix(mostNamed).map { host in
            switch progress.standing(of: host) {
            case .unreachable: return "\(host) unreachable"
            case .notReached: return "\(host) not reached"
            case .clean, .failed:
                let failure = progress.failures.last { $0.host == host && $0.result == .failed }
                let task = failure.flatMap { progress.task($0.task) }
                return task.map { "\(host) failed at “\($0.name)”" } ?? "\(host) failed"
            }
        }
        let more = failed.count > named.count ? ", …" : ""
        return "\(failed.count) of \(expected.count) hosts are not clean: \(named.joined(separator: ", "))\(more)"
    }
}
