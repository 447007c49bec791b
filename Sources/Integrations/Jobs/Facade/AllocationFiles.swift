import MartletCore
import MartletEngine

/// The directory of an allocation as clients see it: the outputs of its tasks in `alloc/logs`, and what is on disk.
struct AllocationFiles: Sendable {
    enum Entry: Sendable, Hashable {
        case directory
        case output(task: Int, LogStream)
        case item(AllocationFolder.Item)

        var isDirectory: Bool {
            switch self {
            case .directory: true
            case .output: false
            case .item(let item): item.isDirectory
            }
        }
    }

    let record: NomadAllocation
    let folder: AllocationFolder

    static func parts(_ path: String) -> [String] { path.split(separator: "/").filter { $0 != "." }.map(String.init) }

    /// Whether it is within what only the task itself may read.
    func isSecret(_ path: String) -> Bool {
        let parts = Self.parts(path)
        return parts.count >= 2 && parts[1] == "secrets" && parts[0] != "alloc"
    }

    /// Nil: there is nothing by this path.
    func entry(_ path: String) -> Entry? {
        let parts = Self.parts(path)
        switch parts {
        case [], ["alloc"], ["alloc", "logs"]: return .directory
        default: break
        }
        if parts.starts(with: ["alloc", "logs"]) {
            return parts.count == 3 ? outputs.first { $0.name == parts[2] }?.entry : nil
        }
        return folder.item(parts).map(Entry.item)
    }

    /// What is in a directory, by name.
    func entries(in path: String) -> [(name: String, entry: Entry)] {
        let parts = Self.parts(path)
        if parts == ["alloc", "logs"] { return outputs }
        let ours: [(name: String, entry: Entry)] =
            parts.isEmpty ? [("alloc", .directory)] : parts == ["alloc"] ? [("logs", .directory)] : []
        let hidden = Set(ours.map(\.name))
        let found = folder.items(in: parts).filter { !hidden.contains($0.name) }.map { ($0.name, Entry.item($0.item)) }
        return (ours + found).sorted { $0.0 < $1.0 }
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
