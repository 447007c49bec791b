import Foundation
import MartletCore

/// The files of a server with the stand-in for goosefs: its tree, its rules, what it was called with.
final class CacheSite: Sendable {
    let scratch: Scratch

    static let goosefs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "examples/goosefs/goosefs").path

    /// One file below each of `paths`, not in the cache.
    init(paths: [String] = ["/ns/a", "/ns/b"], rules: JSONValue = [:]) throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: standIn, withIntermediateDirectories: true)
        try tree(Dictionary(uniqueKeysWithValues: paths.map { ("\($0)/f", ["size": 10]) }))
        try self.rules(rules)
    }

    deinit {
        while true {
            let left = processes()
            if left.isEmpty { return }
            for pid in left { kill(pid, SIGKILL) }
            usleep(2_000)
        }
    }

    var data: String { scratch.path("data") }
    var standIn: String { scratch.path("standin") }

    var environment: [String: String] {
        ["MARTLET_CACHE_LOAD_BIN": Self.goosefs, "GOOSEFS_STANDIN": standIn, "MARTLET_LIMITS_GRACE": "1s"]
    }

    func tree(_ files: [String: JSONValue]) throws { try write("tree.json", .object(files)) }
    func rules(_ rules: JSONValue) throws { try write("rules.json", rules) }

    private func write(_ name: String, _ value: JSONValue) throws {
        try JSONEncoder().encode(value).write(to: URL(filePath: standIn + "/" + name), options: .atomic)
    }

    /// A rule's gate, closed as long as this file is not there.
    var gate: String { scratch.path("gate") }
    func openGate() { _ = FileManager.default.createFile(atPath: gate, contents: nil) }

    // MARK: Calls

    /// One call of the program.
    struct Call {
        let argv: [String]
        let pid: pid_t
        let start: Double
        /// Nil: it has not ended, or could not say so any more.
        var end: Double?
        let jvm: [JSONValue]
        let environment: [String: JSONValue]

        var command: String { argv.count > 1 ? argv[1] : "" }
        var path: String { argv.last ?? "" }
    }

    /// In the order of their starts. A record that has no end is still being written.
    func calls() throws -> [Call] {
        let data = FileManager.default.contents(atPath: standIn + "/calls") ?? Data()
        var calls: [Call] = []
        for part in data.split(separator: 0, omittingEmptySubsequences: false).dropLast() {
            let event = try JSONParser.parse(Array(part))
            let pid = pid_t(event["pid"].number)
            if event["event"] == "start" {
                let words = (event["argv"].array ?? []).map {
                    String(decoding: Self.bytes($0.string ?? ""), as: UTF8.self)
                }
                calls.append(
                    Call(
                        argv: words, pid: pid, start: event["at"].number, jvm: event["jvm"].array ?? [],
                        environment: event["env"].object ?? [:]))
            } else if let index = calls.lastIndex(where: { $0.pid == pid }) {
                calls[index].end = event["at"].number
            }
        }
        return calls
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// How many ran at once, at most.
    var mostAtOnce: Int {
        let data = FileManager.default.contents(atPath: standIn + "/max_parallel_seen.json") ?? Data()
        return Int(String(decoding: data, as: UTF8.self)) ?? 0
    }

    /// What of the program lives: the bash and the work below it.
    func processes() -> [pid_t] {
        let mark = "GOOSEFS_STANDIN=\(standIn)"
        return Processes.all().filter { pid in
            Processes.isAlive(pid) && Processes.environment(pid).contains(mark)
                && !["martlet", "martlet-keeper", "goosefs-cli2api"].contains(Processes.name(pid))
        }
    }
}

extension JSONValue {
    /// 0 for what is no number.
    var number: Double {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: 0
        }
    }
}
