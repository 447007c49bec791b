import Foundation
import MartletCore

/// Lines of `MARTLET_PROGRESS`: where the playbook stands, not more often than somebody can read, and what came of it.
struct PlaybookReport {
    private static let pause = Duration.milliseconds(250)
    private static let mostNamed = 100

    private let descriptor: Int32
    private var toldAt: ContinuousClock.Instant?
    private var told = ""

    /// Nobody is told when the file cannot be opened.
    init(_ path: String?) {
        descriptor = path.map { open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) } ?? -1
    }

    mutating func tell(_ progress: PlaybookProgress) {
        let message = [progress.count, progress.current].compactMap { $0 }.joined(separator: " ")
        if message == told { return }
        if let toldAt, toldAt + Self.pause > .now { return }
        (toldAt, told) = (.now, message)
        var line: [String: JSONValue] = ["v": 1, "message": .string(message)]
        line["progress"] = progress.fraction.map(JSONValue.double)
        write(.object(line))
    }

    /// Once, at the end.
    func end(_ progress: PlaybookProgress, _ problem: String?, expected: [String]) {
        let changed = progress.hosts.reduce(0) { $0 + $1.tally.changed }
        var results: [String: JSONValue] = [
            PlaybookResult.tasks: .string(progress.count), PlaybookResult.changed: .int(Int64(changed)),
            PlaybookResult.hosts: .int(Int64(expected.count)),
        ]
        results[PlaybookResult.problem] = problem.map(JSONValue.string)
        let failed = problem == nil ? [] : progress.failedHosts(of: expected)
        results[PlaybookResult.failedHosts] = .array(failed.prefix(Self.mostNamed).map(JSONValue.string))
        var line: [String: JSONValue] = ["v": 1, "result": .object(results)]
        line["progress"] = progress.fraction.map(JSONValue.double)
        if progress.badLines > 0 {
            line["warning"] = .string("\(progress.badLines) lines of Ansible's events were not understood")
        }
        write(.object(line))
    }

    func fail(_ problem: String) { write(["v": 1, "result": [PlaybookResult.problem: .string(problem)]]) }

    private func write(_ line: JSONValue) {
        if descriptor >= 0 { Descriptor.write(Array((PlaybookWork.text(line) + "\n").utf8), to: descriptor) }
    }
}
