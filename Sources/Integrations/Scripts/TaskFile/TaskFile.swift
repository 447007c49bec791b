import CMartlet
import Foundation
import MartletCore
import MartletYAML

/// The YAML file of external tasks: a list of `{name, cluster_type, language, executable, args, collected, …}`; every
/// key stands in docs/scripts.md. Values that the replaced service read as texts are taken as they are written.
struct TaskFile: Sendable {
    static let largest = 1 << 20

    var tasks: [ScriptTask] = []
    /// The line of each.
    private var lines: [Int] = []
    /// What keeps the file from being used; every one of them.
    var problems: [TaskFileProblem] = []
    /// What will fail or surprise when a task is called.
    var warnings: [TaskFileProblem] = []

    /// Reads a file. One that cannot be read or is no YAML gives one problem.
    init(path: String, collectDirectory: String) {
        switch Self.text(of: path) {
        case .success(let text): self.init(text: text, collectDirectory: collectDirectory)
        case .failure(let failure):
            self.init(text: "", collectDirectory: collectDirectory)
            problems = [TaskFileProblem(line: 0, task: nil, field: "", problem: "\(path) \(failure.reason)")]
        }
    }

    private struct Unreadable: Error {
        let reason: String
    }

    /// Never waits for a pipe, and never reads more than a task file may have.
    private static func text(of path: String) -> Result<String, Unreadable> {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            return .failure(Unreadable(reason: "cannot be read: \(String(cString: strerror(errno)))"))
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var (inode, size): (UInt64, Int64) = (0, 0)
        guard mt_regular_file(descriptor, nil, &inode, &size) == 0 else {
            return .failure(Unreadable(reason: "is no file"))
        }
        let data: Data
        do {
            data = try file.read(upToCount: largest + 1) ?? Data()
        } catch {
            return .failure(Unreadable(reason: "cannot be read: \(error.localizedDescription)"))
        }
        if data.count > largest { return .failure(Unreadable(reason: "is larger than 1 MiB")) }
        guard let text = String(data: data, encoding: .utf8) else {
            return .failure(Unreadable(reason: "is not UTF-8"))
        }
        return .success(text)
    }

    init(text: String, collectDirectory: String) {
        do {
            guard let document = try YAMLDocument.node(text) else { return }
            read(document, Collection(directory: collectDirectory))
        } catch let failure as YAMLDocument.Failure {
            problems = [TaskFileProblem(line: failure.line, task: nil, field: "", problem: failure.message)]
        } catch {
            problems = [TaskFileProblem(line: 1, task: nil, field: "", problem: "\(error)")]
        }
    }

    private mutating func read(_ document: YAMLNode, _ collection: Collection) {
        if document.value == .null { return }
        guard let items = document.elements else {
            problems.append(
                TaskFileProblem(
                    line: document.line, task: nil, field: "", problem: "expected a list of tasks, each with - name: …")
            )
            return
        }
        var places: [String: Int] = [:]
        for (index, item) in items.enumerated() {
            var entry = TaskEntry(item, number: index + 1, collection: collection)
            let task = entry.task()
            problems += entry.problems
            warnings += entry.warnings
            if problems.count > Self.mostProblems {
                problems.append(
                    TaskFileProblem(line: item.line, task: nil, field: "", problem: "there are more; mend these first"))
                return
            }
            guard let task else { continue }
            if let problem = clash(of: task, places[task.path]) {
                problems.append(TaskFileProblem(line: item.line, task: entry.label, field: "name", problem: problem))
            } else {
                places[task.path] = tasks.count
                tasks.append(task)
                lines.append(item.line)
            }
        }
    }

    private static let mostProblems = 100

    /// Two tasks with one path could not be told apart; both culprits are named.
    private func clash(of task: ScriptTask, _ place: Int?) -> String? {
        if let place {
            let other = tasks[place]
            return
                "is served at \(task.path), and so is \(other.clusterType)/\(other.name) on line \(lines[place]); choose names that differ in more than case, dashes and dots"
        }
        if builtInTasks.contains(where: { $0.path == task.path }) {
            return "is served at \(task.path), and so is a built-in task; choose another name"
        }
        return nil
    }
}

/// One thing wrong with a task file: where, in which task and field, and what to write instead.
package struct TaskFileProblem: Sendable, Hashable, CustomStringConvertible {
    /// From 1; 0: the file as a whole.
    package let line: Int
    /// `cluster_type/name`, or the number of the item when it has none.
    package let task: String?
    package let field: String
    package let problem: String

    package var description: String {
        let place = [line > 0 ? "line \(line)" : nil, task, field.isEmpty ? nil : field].compactMap { $0 }
        return (place + [problem]).joined(separator: ": ")
    }
}
