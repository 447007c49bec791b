import Clusters
import Foundation
import MartletCore
import MartletHTTP
import MartletNotify
import Scripts

/// A setting as people are told of it.
struct ShownSetting: Sendable {
    let found: SettingSources.Found
    /// Nil: nobody set it, and nothing stands for it.
    let text: String?
}

extension ServerConfig {
    /// Every setting, without what is secret. What is worked out from the machine is shown as it is.
    var shown: [ShownSetting] {
        let derived = derived
        return sources.all.map { ShownSetting(found: $0, text: derived[$0.setting.key] ?? $0.value) }
    }

    var view: SettingsView {
        SettingsView(file: sources.file, items: shown.map(SettingsView.Item.init), listeners: listen)
    }

    private var derived: [String: String] {
        var derived = [
            "dataDir": dataDirectory, "jobsDir": jobsDirectory, "scripts.collectDir": scripts.collectDirectory,
            // Values are connection strings and the like: the names tell enough.
            "scripts.environment": Set(scripts.environment.keys).union(scripts.secrets.keys)
                .union(scripts.secretNames.keys).sorted().joined(separator: ","),
            "notices.channels": notices.channels.isEmpty
                ? "" : JSONText.line(.array(notices.channels.map(\.shown))),
            "clusters.archives": clusters.archives,
        ]
        derived["clusters.playbooks"] = clusters.playbooks
        if let password = clusters.password, case .given = password {
            derived["clusters.password"] = Secret.placeholder
        }
        return derived
    }
}

extension SettingsView.Item {
    fileprivate init(_ shown: ShownSetting) {
        let setting = shown.found.setting
        self.init(
            name: setting.key, value: shown.text.map { setting.kind.value(of: $0) }, origin: shown.found.origin,
            source: shown.found.source, isSecret: setting.kind.hidesSecrets, variable: setting.variable,
            kind: setting.kind.word, description: setting.description, needsRestart: setting.needsRestart)
    }
}

extension Setting {
    /// What a server reads once, at its start.
    private static let readAtStart: Set = [
        "listen", "hosts", "console.directory", "dataDir", "jobsDir", "limits.connections", "limits.bodyTime",
        "limits.waiters", "scripts.hideEnv", "backups.lainlet", "backups.agentPort", "backups.agentToken",
        "backups.agentCA", "consul.address", "consul.tokenFile", "consul.ca",
    ]

    var needsRestart: Bool { Self.readAtStart.contains(key) }
}

extension Setting.Kind {
    /// Whether values of this kind are told in part only.
    fileprivate var hidesSecrets: Bool {
        switch self {
        case .variables, .channels, .secret: true
        case .text, .path, .list, .counts, .count, .span, .size, .choice, .listeners: false
        }
    }

    /// As it would stand in the file; a text where it is not of its form.
    fileprivate func value(of text: String) -> JSONValue {
        switch self {
        case .count: return Int64(text).map(JSONValue.int) ?? .string(text)
        case .list, .variables: return .array(Self.words(text))
        case .choice(["true", "false"]): return ["true": true, "false": false][text.lowercased()] ?? .string(text)
        case .counts: return .object(Self.counts(text))
        case .listeners: return (try? ListenerSetting.entries(text)).map(JSONValue.array) ?? .string(text)
        case .channels: return text.isEmpty ? [] : (try? JSONParser.parse(Array(text.utf8))) ?? .string(text)
        case .text, .path, .span, .size, .choice, .secret: return .string(text)
        }
    }

    private static func words(_ text: String) -> [JSONValue] {
        text.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) }
    }

    private static func counts(_ text: String) -> [String: JSONValue] {
        let pairs = text.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
        return Dictionary(
            pairs.map { (String($0[0]), Int64($0.last ?? "").map(JSONValue.int) ?? .null) }
        ) { _, last in last }
    }
}

extension ChannelSettings {
    /// Without what is secret: a path of an address may be, too.
    fileprivate var shown: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "kind": .string(kind.rawValue), "target": .string(target),
        ]
        members["perMinute"] = perMinute.map { .int(Int64($0)) }
        if format != .text { members["format"] = .string(format.rawValue) }
        for (key, credential) in [("token", token), ("secret", secret)] {
            switch credential {
            case nil: continue
            case .given: members[key] = .string(Secret.placeholder)
            case .stored(let name): members[key] = ["secret": .string(name)]
            }
        }
        members["rules"] = .int(Int64(rules.count))
        return .object(members)
    }
}
