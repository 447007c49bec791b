import MartletCore
import MartletEngine

/// The directory of an allocation as clients see it: the outputs of its tasks, and nothing else. Pure.
struct AllocationFiles: Sendable {
    enum Entry: Sendable, Hashable {
        case directory
        case output(task: Int, LogStream)
    }

    let record: NomadAllocation

    /// Nil: there is nothing by this path.
    func entry(_ path: String) -> Entry? {
        let parts = path.split(separator: "/").filter { $0 != "." }.map(String.init)
        switch parts {
        case [], ["alloc"], ["alloc", "logs"]: return .directory
        default:
            guard parts.count == 3, parts[0] == "alloc", parts[1] == "logs" else { return nil }
            return outputs.first { $0.name == parts[2] }?.entry
        }
    }

    /// What is in a directory, by name.
    func entries(in path: String) -> [(name: String, entry: Entry)] {
        switch path.split(separator: "/").filter({ $0 != "." }).count {
        case 0: [("alloc", .directory)]
        case 1: [("logs", .directory)]
        default: outputs
        }
    }

    private var outputs: [(name: String, entry: Entry)] {
        record.tasks.indices.flatMap { index in
            [
                ("\(record.tasks[index].name).stderr.0", .output(task: index, .stderr)),
                ("\(record.tasks[index].name).stdout.0", .output(task: index, .stdout)),
            ]
        }.sorted { $0.0 < $1.0 }
    }
}
