package import MartletCore
import Synchronization

/// What the server was told to do and by whom, without what is secret.
package struct SettingsView: Sendable {
    /// Who set a value; the first one that says something wins.
    package enum Origin: String, Sendable, CaseIterable {
        case flag, environment, file, `default`
    }

    package struct Item: Sendable, Hashable {
        package let name: String
        /// Nil: nobody set it, and nothing stands for it.
        package let value: JSONValue?
        package let origin: Origin
        /// The origin in words: which variable, which file.
        package let source: String
        /// Its value, or a part of it, is not told.
        package let isSecret: Bool
        package let variable: String
        package let kind: String
        package let description: String
        /// A change counts with the next start only.
        package let needsRestart: Bool

        package init(
            name: String, value: JSONValue?, origin: Origin, source: String, isSecret: Bool, variable: String,
            kind: String, description: String, needsRestart: Bool
        ) {
            self.name = name
            self.value = value
            self.origin = origin
            self.source = source
            self.isSecret = isSecret
            self.variable = variable
            self.kind = kind
            self.description = description
            self.needsRestart = needsRestart
        }
    }

    /// The file that was read; nil: none.
    package let file: String?
    package let items: [Item]
    package let listeners: [Listener]

    package init(file: String? = nil, items: [Item] = [], listeners: [Listener] = []) {
        self.file = file
        self.items = items
        self.listeners = listeners
    }

    /// After a reload: what needs a restart is as it was.
    func reloaded(_ fresh: SettingsView) -> SettingsView {
        let old = Dictionary(items.map { ($0.name, $0) }) { first, _ in first }
        return SettingsView(
            file: fresh.file, items: fresh.items.map { $0.needsRestart ? old[$0.name] ?? $0 : $0 },
            listeners: listeners)
    }

    /// What another start would change beside what a reload does.
    package func waiting(in fresh: SettingsView) -> [String] {
        let old = Dictionary(items.map { ($0.name, $0.value) }) { first, _ in first }
        return fresh.items.filter { $0.needsRestart && $0.value != old[$0.name] }.map(\.name)
    }
}

/// The settings in force; a reload changes them.
package final class SettingsViewBox: Sendable {
    private let view: Mutex<SettingsView>

    package init(_ view: SettingsView = SettingsView()) { self.view = Mutex(view) }

    package var value: SettingsView { view.withLock { $0 } }
    package func reload(_ fresh: SettingsView) { view.withLock { $0 = $0.reloaded(fresh) } }
}
