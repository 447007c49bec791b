import Foundation
import MartletCore
import Synchronization

/// Hands mail to a program that takes a message on its standard input, as sendmail does.
struct Sendmail: Sendable {
    static let limit = 15.0

    let program: String
    let to: [String]
    let from: String?

    func send(_ text: String, at now: Date) async throws(DeliveryFailure) {
        let message = Self.message(text, to: to, from: from, at: now)
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["-t", "-i"]
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        // Files instead of pipes: a program that does not read cannot hold us up, nor end us by SIGPIPE.
        guard let input = ScratchFile(message), let errors = ScratchFile([]) else {
            throw DeliveryFailure("no temporary file could be made")
        }
        process.standardInput = input.handle
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors.handle
        switch await Self.end(of: process) {
        case .exited(0): return
        case .exited(let code):
            throw DeliveryFailure("\(program) exited with code \(code)\(errors.firstLine.map { ": \($0)" } ?? "")")
        case .signalled(let signal):
            throw DeliveryFailure("\(program) was ended by signal \(signal)", mayHaveArrived: true)
        case .late: throw DeliveryFailure("\(program) did not end within \(Int(Self.limit)) s", mayHaveArrived: true)
        case .notStarted: throw DeliveryFailure("\(program) cannot be started; set notices.sendmail")
        }
    }

    // MARK: The message

    /// RFC 5322 with the text in base64, so that no line of it means anything to a mail server.
    static func message(_ text: String, to: [String], from: String?, at now: Date) -> [UInt8] {
        let subject = NoticeText.cut(String(text.prefix { $0 != "\n" }), upTo: 200)
        var lines = ["To: \(to.joined(separator: ", "))"]
        if let from { lines.append("From: \(from)") }
        lines += [
            "Subject: \(words(subject))", "Date: \(date(now))", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
        ]
        let body = Data((text + "\n").utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithLineFeed,
        ])
        return Array((lines.joined(separator: "\n") + "\n" + body + "\n").utf8)
    }

    /// Encoded words (RFC 2047), each of 45 bytes at most and whole characters.
    private static func words(_ text: String) -> String {
        var pieces = [""]
        for scalar in text.unicodeScalars {
            if pieces[pieces.count - 1].utf8.count + UTF8.width(scalar) > 45 { pieces.append("") }
            pieces[pieces.count - 1].unicodeScalars.append(scalar)
        }
        return pieces.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\n ")
    }

    private static func date(_ now: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        return formatter.string(from: now)
    }

    // MARK: The program

    private enum End: Sendable {
        case exited(Int32)
        case signalled(Int32)
        case late
        case notStarted
    }

    private static func end(of process: Process) async -> End {
        let (ends, continuation) = AsyncStream<End>.makeStream(bufferingPolicy: .bufferingOldest(1))
        process.terminationHandler = { process in
            let status = process.terminationStatus
            continuation.yield(process.terminationReason == .exit ? .exited(status) : .signalled(status))
        }
        do { try process.run() } catch { return .notStarted }
        let pid = process.processIdentifier
        DispatchQueue.global().asyncAfter(deadline: .now() + limit) { continuation.yield(.late) }
        let end = await ends.first { _ in true } ?? .late
        if case .late = end, process.isRunning { kill(pid, SIGKILL) }
        return end
    }
}

/// A file without a name.
private final class ScratchFile {
    let handle: FileHandle

    init?(_ bytes: [UInt8]) {
        var template = Array((NSTemporaryDirectory() + "/martlet-mail-XXXXXX").utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return nil }
            rest = rest.dropFirst(count)
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    /// Of what the program wrote.
    var firstLine: String? {
        lseek(handle.fileDescriptor, 0, SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(handle.fileDescriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
