import Foundation
import Jobs
import MartletCore
import Synchronization

/// Reads a process's status file from time to time, and tells what is new in it to the server.
final class ReplicationReporter: Sendable {
    private static let pause: TimeInterval = 0.25

    private let status: URL
    private let descriptor: Int32
    private let report: Mutex<any StatusLines>
    /// Older ones are of another process.
    private let pid = Int64(getpid())

    /// `progress`: nil: nobody is told. `report`: what is told.
    init(status: URL, progress: String?, _ report: any StatusLines) {
        self.status = status
        self.report = Mutex(report)
        descriptor = progress.map { open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) } ?? -1
    }

    func start() {
        guard descriptor >= 0 else { return }
        Thread.detachNewThread { [self] in
            while true {
                tell()
                Thread.sleep(forTimeInterval: Self.pause)
            }
        }
    }

    /// What was said last is told, too.
    func end() { if descriptor >= 0 { tell() } }

    private func tell() {
        report.withLock { report in
            guard let data = FileManager.default.contents(atPath: status.path),
                let members = try? JSONParser.parse(Array(data)).object, members["pid"] == .int(pid)
            else { return }
            Self.write(report.lines(members), to: descriptor)
        }
    }

    /// For a process that cannot begin.
    static func fail(_ error: String, progress: String?) {
        guard let progress else { return }
        let descriptor = open(progress, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        write([ReplicationReport.line(error: error)], to: descriptor)
        close(descriptor)
    }

    private static func write(_ lines: [JSONValue], to descriptor: Int32) {
        let bytes = Array(lines.map { JSONText.line($0) + "\n" }.joined().utf8)
        if !bytes.isEmpty { _ = Foundation.write(descriptor, bytes, bytes.count) }
    }
}
