import Foundation
import MartletCore

/// The process that does what a driver of this integration planned: `martlet volume-worker STEP SPEC`. It tells what it
/// does on its standard output (``WorkTally``), and forwards what other programs write, each line marked as theirs.
package enum VolumeWorker {
    /// The exit code. Everything that goes wrong is told before.
    package static func run(_ step: String, _ spec: String, _ environment: [String: String]) -> Int32 {
        Interruption.watch()
        let output = WorkOutput()
        do {
            if step == "export" {
                // The standard output is the archive.
                do { try ExportStep.run(spec, environment) } catch { return 1 }
                return 0
            }
            let value = try JSONParser.parse(Array(spec.utf8))
            // A hook is not given what the engine needs.
            if step == "hook" { return try HookStep(step: SpecCoding.spec(value), environment: environment).run() }
            let context = try WorkContext(environment, output)
            if step == "prepare" {
                try PrepareStep(context: context, step: SpecCoding.spec(value)).run()
            } else {
                try run(SpecCoding.spec(value, VolumeWork.self), context)
            }
            return 0
        } catch is Interruption {
            output.fail("interrupted", "it was asked to end")
            return 130
        } catch let failure as WorkFailure {
            output.fail(failure.code, failure.message)
        } catch let error as MartletError {
            output.fail(error.code.rawValue, error.description)
        } catch {
            output.fail("internal", "\(error)")
        }
        return 1
    }

    private static func run(_ work: VolumeWork, _ context: WorkContext) throws {
        switch work.operation {
        case .list: if let list = work.list { try ListStep(context: context, work: list).run() }
        case .restore: if let restore = work.restore { try RestoreStep(context: context, work: restore).run() }
        case .remove: if let remove = work.remove { try RemoveStep(context: context, work: remove).run() }
        case .check: if let check = work.check { try CheckStep(context: context, work: check).run() }
        case .adopt:
            if let adopt = work.adopt { try AdoptStep(context: context, app: work.app, work: adopt).run() }
        case .import:
            if let archive = work.import { try ImportStep(context: context, work: archive).run() }
        case .drill: if let drill = work.drill { try DrillStep(context: context, work: drill).run() }
        }
    }
}

/// Why a step could not do its work; `code` is for programs.
struct WorkFailure: Error, Hashable {
    let code: String
    let message: String
    init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    static func system(_ what: String, _ number: Int32 = errno) -> WorkFailure {
        WorkFailure(number == ENOSPC ? "noSpace" : "system", "\(what): \(String(cString: strerror(number)))")
    }
}

/// What every step needs; it comes in the environment that the job gave the task.
struct WorkContext {
    let output: WorkOutput
    let restic: String
    let rsync: String
    let repository: String
    let lockFile: String
    let run: RunID
    /// For the programs that are called: with the password.
    let environment: [String: String]

    init(_ environment: [String: String], _ output: WorkOutput) throws(WorkFailure) {
        func value(_ name: String) throws(WorkFailure) -> String {
            if let value = environment[name], !value.isEmpty { return value }
            throw WorkFailure("invalid", "the variable \(name) is missing; the server starts this program")
        }
        self.output = output
        restic = try value("MARTLET_VOLUME_RESTIC")
        rsync = try value("MARTLET_VOLUME_RSYNC")
        lockFile = try value("MARTLET_VOLUME_LOCK")
        repository = try value("RESTIC_REPOSITORY")
        _ = try value("RESTIC_PASSWORD")
        guard let run = RunID(try value("MARTLET_RUN_ID")) else {
            throw WorkFailure("invalid", "MARTLET_RUN_ID is no id of a run")
        }
        self.run = run
        // Times are compared as texts of one zone, complaints as texts of one language.
        self.environment = environment.merging(["TZ": "UTC", "LC_ALL": "C.UTF-8"]) { $1 }
    }
}

/// The lines of ``WorkTally``.
struct WorkOutput {
    func progress(_ done: Double, _ message: String) {
        write(["type": "progress", "done": .double(done), "message": .string(message)])
    }
    func warn(_ message: String) { write(["type": "warning", "message": .string(message)]) }
    func result(_ name: String, _ value: JSONValue) {
        write(["type": "result", "name": .string(name), "value": value])
    }
    func found(_ value: JSONValue) { write(["type": "found", "value": value]) }
    func fail(_ code: String, _ message: String) {
        write(["type": "error", "code": .string(code), "message": .string(message)])
    }
    /// What another program wrote. It never looks like a line of ours.
    func forward(_ program: String, _ line: ArraySlice<UInt8>) {
        put("\(program): \(String(repairing: line))\n")
    }

    private func write(_ line: JSONValue) { put(SpecCoding.text(line) + "\n") }

    private func put(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Somebody asked the process to end. The programs that it called got the same signal; it cleans up after them.
struct Interruption: Error {
    nonisolated(unsafe) private static let flag: UnsafeMutablePointer<Int32> = {
        let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        flag.initialize(to: 0)
        return flag
    }()

    /// Made before a signal can come: a handler makes nothing.
    static func watch() {
        flag.pointee = 0
        for signal in [SIGINT, SIGTERM, SIGHUP] { Foundation.signal(signal) { _ in Interruption.flag.pointee = 1 } }
        Foundation.signal(SIGPIPE, SIG_IGN)
    }

    static func check() throws(Interruption) {
        if flag.pointee != 0 { throw Interruption() }
    }
}
