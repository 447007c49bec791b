import Foundation
import MartletCore

/// An errno value in words.
func systemMessage(_ error: Int32) -> String { String(cString: strerror(error)) }

extension MartletError {
    /// A refused system call: `internal`, or `unavailable` when waiting may help.
    static func system(_ what: String, _ error: Int32) -> MartletError {
        let passing: Set<Int32> = [EMFILE, ENFILE, ENOMEM, EAGAIN, ENOSPC, EDQUOT]
        return MartletError(passing.contains(error) ? .unavailable : .internal, "\(what): \(systemMessage(error))")
    }
}
