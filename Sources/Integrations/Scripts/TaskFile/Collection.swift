import Foundation

/// The directory that keeps the collected scripts. Nothing outside of it is a collected script.
struct Collection: Sendable {
    struct Problem: Error {
        let text: String
    }

    let directory: String

    /// The file that a task's first word names. The file need not be there yet.
    func place(_ word: String) -> Result<String, Problem> {
        if word.hasPrefix("/") {
            return .failure(
                Problem(
                    text:
                        "absolute path not allowed: \(word); a collected script is named by its path below \(directory)"
                ))
        }
        if word.split(separator: "/").contains("..") {
            return .failure(Problem(text: "\(word) leads out of the collect directory; name a file below \(directory)"))
        }
        let path = directory + "/" + word.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        guard isInside(path) else {
            return .failure(
                Problem(text: "\(word) is a link that leads out of \(directory); put the script itself there"))
        }
        return .success(path)
    }

    /// Whether the file, with every link followed, is below the directory. A file that is not there is.
    func isInside(_ path: String) -> Bool {
        guard let real = Self.real(path), let root = Self.real(directory) else { return true }
        return real.hasPrefix(root == "/" ? root : root + "/")
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// What will keep the script from being started.
    static func warning(_ path: String, needsExecute: Bool) -> String? {
        if access(path, F_OK) != 0 { return "\(path) does not exist yet" }
        if needsExecute, access(path, X_OK) != 0 { return "\(path) is not executable; run: chmod +x \(path)" }
        return nil
    }
}

/// Words of a shell's text.
enum ShellWord {
    /// The word as the shell reads it back, whatever it contains.
    static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "/._-+,@".utf8.contains(byte)
        }
        return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
