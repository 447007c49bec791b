import Foundation
import MartletCore

/// What a target's process last said about itself: the file that it replaces all the time.
struct ReplicationStatus: Sendable, Equatable {
    let job: String
    let pid: Int32
    /// Stages it has come to, in order.
    let stages: [String]
    /// What the target holds; empty: the copy is not complete.
    let executed: String
    /// `FILE//dtle//POSITION`; empty: not known.
    let filePosition: String

    init?(_ members: [String: JSONValue]) {
        guard members["v"] == 1, let job = members["job"]?.string, case .int(let pid)? = members["pid"] else {
            return nil
        }
        self.job = job
        self.pid = Int32(clamping: pid)
        stages = members["stages"]?.array?.compactMap { $0.object?["stage"]?.string } ?? []
        executed = members["gtid"]?.string ?? ""
        let file = members["file"]?.string ?? ""
        if case .int(let position)? = members["position"], !file.isEmpty {
            filePosition = "\(file)//dtle//\(position)"
        } else {
            filePosition = ""
        }
    }

    var isAlive: Bool { Self.isAlive(pid) }

    /// Whether the process is there: its number alone may be another's by now.
    static func isAlive(_ pid: Int32) -> Bool {
        let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        return command.split(separator: 0).contains(Data(ReplicationDriver.worker.utf8))
    }

    /// Whether the process goes by what it was answered: then the keys may be made.
    var hasBegun: Bool { !stages.isEmpty }
}
