internal import MySQLWire
internal import SQLClient

/// Why a process ends, and how it says so.
package enum Failure {
    /// A server's refusal as dtle says it, `Error 1045: Access denied for user …`; else the error's own words.
    package static func text(_ error: any Error) -> String {
        switch error {
        case let error as SQLError where error.code != 0: "Error \(error.code): \(error.message)"
        case WireError.server(let code, _, let message): "Error \(code): \(message)"
        default: "\(error)"
        }
    }

    /// Whether another try may succeed without anyone's help.
    package static func isTransient(_ error: any Error) -> Bool {
        switch error {
        case let error as SQLError: error.isTransient
        case let error as WireError: !error.isPermanent
        case is CopyInterrupted, is SpoolDamage: true
        case let error as ApplyError: error.kind == .replay
        default: false
        }
    }
}
