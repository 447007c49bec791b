import CDispatch
import Foundation
package import MartletCore

/// The file with the token that controller and agents show each other.
package enum TokenFile {
    /// Throws `invalid` when there is no token in it, and when others than its owner may read it.
    package static func read(_ path: String) throws(MartletError) -> Secret {
        var facts = stat()
        guard stat(path, &facts) == 0, let data = FileManager.default.contents(atPath: path) else {
            throw MartletError(.invalid, "the file of the agents' token, \(path), cannot be read")
        }
        guard facts.st_mode & 0o077 == 0 else {
            throw MartletError(.invalid, "others may read \(path); run: chmod 600 \(path)")
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard (16...Secret.longest).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw MartletError(
                .invalid, "\(path) holds no token: one line of at least 16 printable characters, without blanks")
        }
        return Secret(text)
    }
}
