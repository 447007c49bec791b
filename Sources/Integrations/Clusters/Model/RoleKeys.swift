import MartletCore

/// What a role is configured with, by the document's keys.
package struct RoleKey: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case text
        /// Must say something.
        case word
        case choice([String])
        case port
        /// Gigabytes.
        case memory
        case flag
        case password
    }

    package let name: String
    package let kind: Kind
    var isRequired = true
}

extension RoleName {
    /// In the document's order.
    package var keys: [RoleKey] {
        switch self {
        case .database:
            [
                RoleKey(name: "databaseType", kind: .choice(["mysql", "postgresql"])),
                RoleKey(name: "databaseName", kind: .word), RoleKey(name: "account", kind: .word),
                RoleKey(name: "password", kind: .password),
            ]
        case .backend: [RoleKey(name: "serverPort", kind: .port)]
        case .frontend: [RoleKey(name: "escProxyPort", kind: .port)]
        case .master: [RoleKey(name: "masterReservedMemory", kind: .memory)]
        case .worker: [RoleKey(name: "workerReservedMemory", kind: .memory)]
        case .alert:
            [
                RoleKey(name: "alertType", kind: .choice(["mail", "weixin"])),
                RoleKey(name: "mailProtocol", kind: .text, isRequired: false),
                RoleKey(name: "mailSender", kind: .text), RoleKey(name: "mailUser", kind: .text),
                RoleKey(name: "mailPasswd", kind: .password), RoleKey(name: "mailServerHost", kind: .text),
                RoleKey(name: "mailServerPort", kind: .port), RoleKey(name: "mailSmtpSslEnable", kind: .flag),
                RoleKey(name: "mailSmtpStarttlsEnable", kind: .flag),
            ]
        case .hadoop: [RoleKey(name: "fsDefaultFS", kind: .word)]
        case .common: [RoleKey(name: "dataStore2hdfsBasepath", kind: .word)]
        case .zookeeper: []
        }
    }

    /// The key of the role's password.
    package var passwordKey: String? { keys.first { $0.kind == .password }?.name }

    /// Without hosts for these nothing can be deployed. The web server is part of the API server from version 3 on.
    static func mandatory(version: String) -> [RoleName] {
        let major = version.prefix { $0 != "." }
        let isBefore3 = (Int(major) ?? 0) < 3
        return [.database, .master, .worker, .alert, .backend] + (isBefore3 ? [.frontend] : [])
    }
}

extension RoleKey {
    static let longestText = 1024

    /// What is wrong with a value; nil: nothing. Never repeats a password.
    func problem(with value: JSONValue) -> String? {
        switch kind {
        case .text, .word, .password:
            guard let text = value.string else { return "expected a text, found \(value.typeName)" }
            if text.utf8.count > Self.longestText { return "is longer than \(Self.longestText) bytes" }
            if !text.unicodeScalars.allSatisfy(ClusterText.isPrintable) { return "must not contain control characters" }
            if kind != .password, ClusterText.isTemplate(text) {
                return "must not contain {{, {% or {#: Ansible takes them for a template"
            }
            return kind == .word && text.isEmpty ? "must not be empty" : nil
        case .choice(let words):
            guard let text = value.string, words.contains(text) else {
                return "expected one of \(words.joined(separator: ", "))"
            }
            return nil
        case .port:
            guard case .int(let number) = value, (1...65_535).contains(number) else {
                return "expected a whole number from 1 to 65535"
            }
            return nil
        case .memory:
            guard let number = value.number, number.isFinite, (0...1_048_576).contains(number) else {
                return "expected a number of gigabytes"
            }
            return nil
        case .flag:
            if case .bool = value { return nil }
            return "expected true or false, found \(value.typeName)"
        }
    }
}

extension JSONValue {
    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .null, .bool, .string, .array, .object: nil
        }
    }
}
