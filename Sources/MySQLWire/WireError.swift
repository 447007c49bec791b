internal import Binlog

/// Why a connection could not be made or used. After any of them but `server` during a query the connection is at its end.
package enum WireError: Error, Sendable, Equatable {
    /// The server's own refusal: number, SQLSTATE and text as it sent them.
    case server(code: UInt16, state: String, message: String)
    /// No connection to the address.
    case connect(address: String, reason: String)
    /// Nothing came within the time; `waiting` says for what.
    case timeout(waiting: String, seconds: Double)
    /// The other side closed the connection.
    case closed
    /// `Interrupter.interrupt` ended it.
    case interrupted
    case tls(String)
    /// The server wants proof that we cannot or must not give; says the remedy.
    case authentication(String)
    /// The server speaks something else.
    case malformed(String)
    case tooLarge(String)

    /// A refusal that another try cannot change.
    package var isPermanent: Bool {
        switch self {
        case .server(let code, _, _): Self.permanentCodes.contains(code)
        case .tls, .authentication, .malformed, .tooLarge: true
        case .connect, .timeout, .closed, .interrupted: false
        }
    }

    /// Access denied in its kinds, a binlog that is gone or was never there, no replication right, unknown variable.
    private static let permanentCodes: Set<UInt16> = [1044, 1045, 1064, 1142, 1193, 1227, 1236, 1698, 1873]
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .server(let code, let state, let message): "Error \(code) (\(state)): \(message)"
        case .connect(let address, let reason): "cannot connect to \(address): \(reason)"
        case .timeout(let waiting, let seconds): "no answer within \(seconds) s while waiting for \(waiting)"
        case .closed: "the server closed the connection"
        case .interrupted: "the connection was interrupted"
        case .tls(let reason): "TLS: \(reason)"
        case .authentication(let reason): "authentication: \(reason)"
        case .malformed(let reason): "the server's answer is malformed: \(reason)"
        case .tooLarge(let reason): reason
        }
    }
}

/// Reads a packet's fields; what is missing is the server's fault, not the binlog's.
func readingPacket<Result>(_ what: String, _ body: () throws(BinlogError) -> Result) throws(WireError) -> Result {
    do throws(BinlogError) { return try body() } catch { throw .malformed("\(what): \(error.detail)") }
}
