import Foundation
import MartletCore

/// Where commands read the value of a secret: never the command line, which every user of the machine can read.
enum SecretInput {
    /// From a file, from a prompt when stdin is a terminal, else from stdin to its end.
    static func read(file: String?, prompt: String) throws -> String {
        let bytes: [UInt8]
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw MartletError(.invalid, "the secret file \(file) cannot be read")
            }
            bytes = Array(data)
        } else if Terminal.isTerminal(STDIN_FILENO) {
            bytes = try ask(prompt)
        } else {
            bytes = try wholeInput()
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MartletError(.invalid, "the value is not UTF-8; encode it first, such as with base64")
        }
        return withoutLineEnd(text)
    }

    /// Only of a single line: the last line end of several belongs to them.
    static func withoutLineEnd(_ text: String) -> String {
        var bytes = Array(text.utf8)
        guard bytes.last == 10, bytes.firstIndex(of: 10) == bytes.count - 1 else { return text }
        bytes.removeLast()
        if bytes.last == 13 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// More than the server takes is not read.
    private static func wholeInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= Secret.longest + 2, let more = try FileHandle.standardInput.read(upToCount: 4096) {
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    private static let interrupt: UInt8 = 3

    /// One line, typed unseen. Ctrl-C ends the line instead of the program, which must not leave the terminal mute.
    private static func ask(_ prompt: String) throws -> [UInt8] {
        var before = termios()
        let isKnown = tcgetattr(STDIN_FILENO, &before) == 0
        var unseen = before
        unseen.c_lflag &= ~tcflag_t(ECHO | ISIG)
        withUnsafeMutableBytes(of: &unseen.c_cc) { $0[Int(VEOL)] = interrupt }
        guard isKnown, tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen) == 0 else {
            throw MartletError(.invalid, "the terminal would show the value; use --file or give it on stdin")
        }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Terminal.write("\n", to: STDERR_FILENO)
        }
        Terminal.write(prompt, to: STDERR_FILENO)
        var line = [UInt8](repeating: 0, count: 4096)
        let count = Foundation.read(STDIN_FILENO, &line, line.count)
        let typed = Array(line.prefix(max(0, count)))
        if typed.contains(interrupt) { throw MartletError(.invalid, "interrupted; nothing was stored") }
        return typed
    }
}
