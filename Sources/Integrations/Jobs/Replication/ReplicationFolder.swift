import Foundation
import GoWire
import MartletCore

/// What a target's process and the server tell each other by files in the folder of their job: a process asks for the keys when
/// it starts, and waits for the answer. Nobody else can enter the folder.
package struct ReplicationFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// One job's among those of all jobs. Short: a socket's path has no more than 107 bytes.
    static func name(of job: String) -> String {
        let digits = String(FNV1a.hash(job), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Whether it can be a folder of a job.
    static func isName(_ name: String) -> Bool {
        name.utf8.count == 16 && name.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// A process that starts.
    package struct Question: Sendable, Equatable {
        package let job: String
        package let pid: Int32
        /// Never the same for two starts.
        package let nonce: String

        package init(job: String, pid: Int32, nonce: String) {
            (self.job, self.pid, self.nonce) = (job, pid, nonce)
        }
    }

    /// What a source's process that starts has to be written below `dtle/JOB/`.
    package struct Notice: Sendable, Equatable {
        package let job: String
        package let pid: Int32
        /// `ReplChanBufferSize`.
        package let bufferSize: Int

        package init(job: String, pid: Int32, bufferSize: Int) {
            (self.job, self.pid, self.bufferSize) = (job, pid, bufferSize)
        }
    }

    /// The keys below `dtle/JOB/` as they are now.
    package struct Answer: Sendable, Equatable {
        package var isPresent = false
        package var executed = ""
        package var filePosition = ""

        package init() {}
    }

    private var notice: String { path + "/source.kv" }
    private var question: String { path + "/target.ask" }
    private var answer: String { path + "/target.kv" }
    var status: String { path + "/target.json" }
    var sourceStatus: String { path + "/source.json" }

    // MARK: The process

    package func tell(_ told: Notice) throws {
        try write(
            [
                "job": .string(told.job), "pid": .int(Int64(told.pid)),
                "ReplChanBufferSize": .int(Int64(told.bufferSize)),
            ], to: notice)
    }

    package func ask(_ asked: Question) throws {
        try write(
            ["job": .string(asked.job), "pid": .int(Int64(asked.pid)), "nonce": .string(asked.nonce)], to: question)
    }

    /// Whether a question is there, anyone's.
    package var isAsked: Bool { FileManager.default.fileExists(atPath: question) }

    /// Nil: there is none yet.
    package func answer(to asked: Question) -> Answer? {
        guard let members = read(answer), members["nonce"]?.string == asked.nonce else { return nil }
        var answer = Answer()
        answer.isPresent = members["present"] == true
        answer.executed = members["Gtid"]?.string ?? ""
        answer.filePosition = members["BinlogFilePos"]?.string ?? ""
        return answer
    }

    // MARK: The server

    var told: Notice? {
        guard let members = read(notice), let job = members["job"]?.string, case .int(let pid)? = members["pid"],
            case .int(let bufferSize)? = members["ReplChanBufferSize"]
        else { return nil }
        return Notice(job: job, pid: Int32(clamping: pid), bufferSize: Int(bufferSize))
    }

    var asked: Question? {
        guard let members = read(question), let job = members["job"]?.string, let nonce = members["nonce"]?.string,
            case .int(let pid)? = members["pid"]
        else { return nil }
        return Question(job: job, pid: Int32(clamping: pid), nonce: nonce)
    }

    func isAnswered(_ asked: Question) -> Bool { answer(to: asked) != nil }

    func answer(_ given: Answer, to asked: Question) throws {
        try write(
            [
                "nonce": .string(asked.nonce), "present": .bool(given.isPresent), "Gtid": .string(given.executed),
                "BinlogFilePos": .string(given.filePosition),
            ], to: answer)
    }

    // MARK: Files

    private func write(_ members: [String: JSONValue], to path: String) throws {
        try Data(WireWriter.bytes(.json(.object(members)))).write(to: URL(filePath: path), options: .atomic)
    }

    /// What the process that writes this status last told.
    func side(_ status: String) -> ReplicationSide? { read(status).flatMap(ReplicationSide.init) }

    func read(_ path: String) -> [String: JSONValue]? {
        FileManager.default.contents(atPath: path).flatMap { try? JSONParser.parse(Array($0)).object }
    }
}
