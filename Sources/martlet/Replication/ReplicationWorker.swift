import Foundation
import Jobs
import MartletCore
import Replication
import Replicator

/// The process that the driver planned: `martlet replication-worker TASK`. It asks the server for the keys, does the work, and
/// tells of it in the progress file.
enum ReplicationWorker {
    private static let pause = Duration.milliseconds(20)
    /// When it is said that nobody answers.
    private static let patience = Duration.seconds(5)
    private static let unusable: Int32 = 1

    /// A signal came before there was anything to do.
    private struct Stopped: Error {}

    static func run(_ spec: String, _ environment: [String: String]) -> Int32 {
        do {
            let document = try JSONParser.parse(Array(spec.utf8))
            if let comparison = try ReplicationComparison(document) {
                return try work(
                    TaskFile(self.document(comparison, environment), role: .verify), environment, ComparisonReport())
            }
            let task = try ReplicationTask(document)
            let file = try TaskFile(self.document(task, environment), role: task.role == .source ? .source : .target)
            if task.role == .source { try tell(task) }
            return try work(file, environment, ReplicationReport())
        } catch is Stopped {
            return 0
        } catch {
            Terminal.complain("\(error)")
            ReplicationReporter.fail("\(error)", progress: environment["MARTLET_PROGRESS"])
            return unusable
        }
    }

    private static func work(
        _ file: TaskFile, _ environment: [String: String], _ report: any StatusLines
    ) throws -> Int32 {
        let reporter = ReplicationReporter(
            status: try JobFolder(file.folder).status(file.role), progress: environment["MARTLET_PROGRESS"], report)
        reporter.start()
        defer { reporter.end() }
        return Command.run(file)
    }

    private static func document(
        _ comparison: ReplicationComparison, _ environment: [String: String]
    ) throws -> JSONValue {
        let configs = try comparison.configs(by: environment)
        return [
            "v": 1, "role": "verify", "job": .string(comparison.job), "folder": .string(comparison.folder),
            "source": .object(configs.source), "target": .object(configs.target),
        ]
    }

    private static func document(_ task: ReplicationTask, _ environment: [String: String]) throws -> JSONValue {
        var members: [String: JSONValue] = [
            "v": 1, "role": .string(task.role.word), "job": .string(task.job), "folder": .string(task.folder),
            "config": .object(try task.config(by: environment)),
        ]
        if task.role == .target {
            let answer = try answer(task)
            members["kv"] = [
                "present": .bool(answer.isPresent), "Gtid": .string(answer.executed),
                "BinlogFilePos": .string(answer.filePosition),
            ]
        }
        return .object(members)
    }

    /// Waits as long as the server is away: without the keys nobody knows where to begin.
    private static func answer(_ task: ReplicationTask) throws -> ReplicationFolder.Answer {
        let folder = ReplicationFolder(task.folder)
        let question = ReplicationFolder.Question(job: task.job, pid: getpid(), nonce: UUID().uuidString)
        try ask(question, in: task)
        let complaint = ContinuousClock.now + patience
        var hasComplained = false
        while true {
            if let answer = folder.answer(to: question) { return answer }
            // The folder of a job that was gone was taken away, and the job is back.
            if !folder.isAsked { try ask(question, in: task) }
            if !hasComplained, complaint < .now {
                hasComplained = true
                Terminal.complain("the server has not said yet where to begin")
            }
            if Signals.wait(pause) { throw Stopped() }
        }
    }

    private static func tell(_ task: ReplicationTask) throws {
        let settings = try ReplicationSettings(config: task.config, role: .source)
        try ReplicationFolder(JobFolder(URL(filePath: task.folder)).url.path).tell(
            ReplicationFolder.Notice(
                job: task.job, pid: getpid(), bufferSize: settings.bufferSize ?? ReplicationSettings.usualBufferSize))
    }

    /// The folder is made when it is missing.
    private static func ask(_ question: ReplicationFolder.Question, in task: ReplicationTask) throws {
        try ReplicationFolder(JobFolder(URL(filePath: task.folder)).url.path).ask(question)
    }
}
