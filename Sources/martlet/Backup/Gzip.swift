import Foundation
import MartletCore

/// The system's gzip between a file and this program.
final class Gzip {
    private let process = Process()
    private let pipe = Pipe()

    /// What this program writes goes to `file`, packed.
    init(into file: FileHandle) throws {
        process.arguments = ["-c"]
        process.standardInput = pipe
        process.standardOutput = file
        try start()
        try pipe.fileHandleForReading.close()
    }

    /// What this program reads comes from `file`, unpacked.
    init(from file: FileHandle) throws {
        process.arguments = ["-dc"]
        process.standardInput = file
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try start()
        try pipe.fileHandleForWriting.close()
    }

    var input: FileHandle { pipe.fileHandleForWriting }
    var output: FileHandle { pipe.fileHandleForReading }

    /// Whether `file` is packed; it is read from its start afterwards.
    static func packed(_ file: FileHandle) throws -> Bool {
        let magic = try file.read(upToCount: 2)
        try file.seek(toOffset: 0)
        return magic == Data([0x1F, 0x8B])
    }

    /// Waits for its end. Throws when it failed: for reading, the file is damaged or cut off.
    func finish(_ what: String) throws {
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw MartletError(.unavailable, "\(what) (gzip ended with \(process.terminationStatus))")
        }
    }

    func kill() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    private func start() throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip"] + (process.arguments ?? [])
        do { try process.run() } catch {
            throw MartletError(.unavailable, "gzip cannot be started; install it, or use a name without .gz")
        }
    }
}
