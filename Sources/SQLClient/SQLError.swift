/// A refusal of a server, or of the way to it.
package struct SQLError: Error, Sendable, Hashable {
    /// What can be done about it.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// No connection, or no more. What was asked for last may have been done or not.
        case lost
        /// A lock did not come in time, or somebody ended the statement: it can be tried again.
        case lockWait
        /// The whole transaction was rolled back and can be tried again.
        case deadlock
        /// The server takes no writes at present.
        case readOnly
        /// The server has no room at present.
        case diskFull
        /// A unique key has that value.
        case duplicate
        /// What was to be made is there.
        case exists
        /// What was to be used is not there.
        case missing
        /// Not with this user's rights, or not with this password.
        case denied
        case other
    }

    /// The server's number, or the client library's (2000–2999); 0: our own refusal.
    package let code: Int
    /// SQLSTATE.
    package let state: String
    package let message: String

    package init(code: Int, state: String = "HY000", message: String) {
        self.code = code
        self.state = state
        self.message = message
    }

    package var kind: Kind {
        if let kind = Self.kinds[code] { return kind }
        if Self.numbersForMany.contains(code), message.contains("read-only") || message.contains("read only") {
            return .readOnly
        }
        return Self.signsOfFullDisk.contains { message.contains($0) } ? .diskFull : .other
    }

    /// Worth another try after a while.
    package var isTransient: Bool {
        switch kind {
        case .lost, .lockWait, .deadlock, .readOnly, .diskFull: true
        case .duplicate, .exists, .missing, .denied, .other: false
        }
    }

    private static let numbersForMany: Set<Int> = [1290, 3100]
    private static let signsOfFullDisk = ["No space left on device", "Errcode: 28", "errno: 28", "error: 28"]

    private static let kinds: [Int: Kind] = {
        let numbers: [Kind: [Int]] = [
            .lost: [
                1040, 1053, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1927, 2002, 2003, 2005, 2006, 2012, 2013, 2026,
                2027, 2055, 4031,
            ],
            .lockWait: [1205, 1317, 1969, 3024, 3572],
            .deadlock: [1020, 1213],
            .readOnly: [1792, 1836, 3032],
            .diskFull: [1021, 1114],
            .duplicate: [1022, 1062, 1586, 1859],
            .exists: [1007, 1050, 1060, 1061, 1304, 1359, 1537, 1826],
            .missing: [1008, 1049, 1051, 1054, 1091, 1109, 1146, 1176, 1193, 1305, 1360, 1539],
            .denied: [1044, 1045, 1131, 1132, 1142, 1143, 1227, 1370, 1396, 1410, 1698, 1820, 2059, 3118],
        ]
        return Dictionary(uniqueKeysWithValues: numbers.flatMap { kind, codes in codes.map { ($0, kind) } })
    }()
}

extension SQLError: CustomStringConvertible {
    package var description: String { code == 0 ? message : "Error \(code) (\(state)): \(message)" }
}
