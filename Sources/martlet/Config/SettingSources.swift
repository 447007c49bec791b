import Configuration
import Foundation
import MartletCore
import MartletHTTP
import MartletYAML

/// Where settings come from, strongest first: flags, environment, one file, defaults.
struct SettingSources: Sendable {
    /// A setting in force and who set it.
    struct Found: Sendable {
        let setting: Setting
        let value: String?
        let origin: SettingsView.Origin
        /// The origin in words.
        let source: String
    }

    /// What a replaced service was configured with.
    struct Foreign: Sendable {
        let origin: SettingsView.Origin
        let name: String
        /// By our own keys.
        let values: [String: String]
    }

    private let sources: [(origin: SettingsView.Origin, name: String, provider: any ConfigProvider)]
    private let reader: ConfigReader
    let file: String?

    /// Reads the file at once. Throws `invalid` naming every unknown key with the nearest known one.
    /// `foreign`: stronger first.
    init(
        flags: [String: String], environment: [String: String], file: String?, foreign: [Foreign] = []
    ) throws {
        self.file = file
        let inFile = try file.map(SettingFile.read) ?? [:]
        let defaults = Dictionary(
            uniqueKeysWithValues: Setting.table.compactMap { setting in setting.standard.map { (setting.key, $0) } })
        let known = Set(Setting.table.map(\.variable))
        let variables = EnvironmentVariablesProvider(
            environmentVariables: environment.filter { known.contains($0.key) && !$0.value.isEmpty })
        sources =
            [
                (.flag, "flag", Self.provider("flags", flags)),
                (.environment, "environment", variables.prefixKeys(with: "martlet")),
                (
                    .environment, "environment of celery-service",
                    Self.provider("celery-service", Self.legacy(environment))
                ),
            ] + foreign.map { ($0.origin, $0.name, Self.provider($0.name, $0.values)) } + [
                (.file, file.map { "file \($0)" } ?? "file", Self.provider("file", inFile)),
                (.default, "default", Self.provider("defaults", defaults)),
            ]
        reader = ConfigReader(providers: sources.map(\.provider))
    }

    /// What the replaced script service was configured with.
    private static func legacy(_ environment: [String: String]) -> [String: String] {
        let keys = ["CS_EXTERNAL_TASK": "scripts.tasks", "CS_LOG_CONSOLE": "log.console", "CS_ADDRESS": "listen"]
        let found = keys.compactMap { variable, key in
            environment[variable].flatMap { $0.isEmpty ? nil : (key, $0) }
        }
        return Dictionary(uniqueKeysWithValues: found)
    }

    private static func provider(_ name: String, _ values: [String: String]) -> InMemoryProvider {
        InMemoryProvider(
            name: name,
            values: Dictionary(
                uniqueKeysWithValues: values.map { key, value in
                    (AbsoluteConfigKey(ConfigKey(key)), ConfigValue(.string(value), isSecret: false))
                }))
    }

    func value(_ key: String) -> String? { reader.string(forKey: ConfigKey(key)) }

    /// Whether somebody set it: the default does not count.
    func isSet(_ key: String) -> Bool { all.first { $0.setting.key == key }.map { $0.origin != .default } ?? false }

    /// Every key of the table.
    var all: [Found] {
        Setting.table.map { setting in
            let key = AbsoluteConfigKey(ConfigKey(setting.key))
            let source = sources.first { (try? $0.provider.value(forKey: key, type: .string).value) != nil }
            let name = source.map { $0.name == "environment" ? "environment \(setting.variable)" : $0.name }
            return Found(
                setting: setting, value: value(setting.key), origin: source?.origin ?? .default,
                source: name ?? "default")
        }
    }
}

/// The one YAML file, flattened to dotted keys.
enum SettingFile {
    static func read(_ path: String) throws -> [String: String] {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            throw MartletError(.invalid, "the configuration file \(path) cannot be read")
        }
        do {
            return try flatten(YAMLDocument.parse(text))
        } catch let failure as YAMLDocument.Failure {
            throw MartletError(.invalid, "the configuration file \(path) is not valid YAML: \(failure)")
        } catch let error as MartletError {
            throw MartletError(error.code, "the configuration file \(path) is not valid", problems: error.problems)
        }
    }

    static func flatten(_ document: JSONValue) throws(MartletError) -> [String: String] {
        let problems = Fields.Problems()
        var values: [String: String] = [:]
        if document != .null { collect(document, "", &values, problems) }
        try problems.check("the configuration")
        return values
    }

    private static func collect(
        _ value: JSONValue, _ path: String, _ values: inout [String: String], _ problems: Fields.Problems
    ) {
        if let setting = Setting.table.first(where: { $0.key == path }) {
            if let text = text(value, setting.kind) {
                values[path] = text
            } else if value != .null {
                problems.add(path, "expected a \(setting.kind.word), found \(value.typeName)")
            }
            return
        }
        guard case .object(let members) = value else {
            problems.add(path, path.isEmpty ? "expected keys and values" : unknown(path))
            return
        }
        let isSection = path.isEmpty || Setting.table.contains { $0.key.hasPrefix(path + ".") }
        if !isSection {
            problems.add(path, unknown(path))
            return
        }
        for (key, member) in members.sorted(by: { $0.key < $1.key }) {
            collect(member, path.isEmpty ? key : "\(path).\(key)", &values, problems)
        }
    }

    private static func text(_ value: JSONValue, _ kind: Setting.Kind) -> String? {
        switch (kind, value) {
        case (.list, .array(let elements)):
            let texts = elements.compactMap(\.scalarText)
            return texts.count == elements.count ? texts.joined(separator: ",") : nil
        case (.variables, .object(let members)): return variables(members)
        case (.listeners, .array(let elements)):
            return ListenerSetting.text(elements)
        case (.channels, .array(let elements)): return elements.isEmpty ? "" : JSONText.line(value)
        case (.channels, _): return nil
        case (.secret, .object(let members)):
            let isReference = members.count == 1 && (members["file"] ?? members["secret"])?.string != nil
            return isReference ? JSONText.line(value) : nil
        case (.listeners, .object): return JSONText.line(.array([value]))
        case (.counts, .object(let members)):
            let pairs = members.compactMap { key, value in value.scalarText.map { "\(key)=\($0)" } }
            return pairs.count == members.count ? pairs.sorted().joined(separator: ",") : nil
        default: return value.scalarText
        }
    }

    /// One line each; a line break within a value could not be told from the next variable.
    private static func variables(_ members: [String: JSONValue]) -> String? {
        let lines = members.compactMap { name, value -> String? in
            if let text = value.scalarText { return text.contains("\n") ? nil : "\(name)=\(text)" }
            guard let reference = value.object, reference.count == 1 else { return nil }
            if let secret = reference["secret"]?.string, !secret.contains("\n") { return "\(name)@\(secret)" }
            return reference["file"]?.string.map { "\(name)<\($0)" }
        }
        return lines.count == members.count ? lines.sorted().joined(separator: "\n") : nil
    }

    private static func unknown(_ path: String) -> String {
        let nearest = Setting.table.map(\.key).min { distance($0, path) < distance($1, path) }
        guard let nearest, distance(nearest, path) <= max(3, path.count / 2) else { return "unknown key" }
        return "unknown key; did you mean \(nearest)?"
    }

    /// Levenshtein's: how many letters have to change.
    private static func distance(_ one: String, _ other: String) -> Int {
        let target = Array(other.lowercased())
        var row = Array(0...target.count)
        for (index, letter) in one.lowercased().enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in target.indices {
                let substitution = diagonal + (letter == target[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(substitution, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[target.count]
    }
}
