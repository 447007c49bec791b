import Hummingbird
import MartletCore

/// What the server was told to do.
struct SettingRoutes: Sendable {
    let settings: SettingsViewBox

    var routes: [Route] {
        [
            Route(
                .get, "/api/settings", "List every setting with its source, and the listeners; secrets are not told",
                access: .server(.admin), .listSettings, list)
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let view = settings.value
        return .json { json in
            json.field("file", view.file)
            json.array("items", view.items) { json, item in json.object { $0.members(of: item) } }
            json.array("listeners", view.listeners) { json, listener in json.object { $0.members(of: listener) } }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of item: SettingsView.Item) {
        field("name", item.name)
        field("value", item.value ?? .null)
        field("source", item.origin.rawValue)
        field("from", item.source)
        field("isSecret", item.isSecret)
        field("variable", item.variable)
        field("kind", item.kind)
        field("description", item.description)
        field("needsRestart", item.needsRestart)
    }

    fileprivate mutating func members(of listener: Listener) {
        let served = Listener.Facade.allCases.filter(listener.facades.contains)
        field("address", listener.address.description)
        array("facades", served) { $0.value($1.rawValue) }
        array("open", served.filter { !listener.needsToken($0) }) { $0.value($1.rawValue) }
        field("auth", listener.authentication?.rawValue ?? Listener.mixed)
        array("allow", listener.allow) { $0.value($1.description) }
        field("tls", listener.certificate != nil)
    }
}

extension Listener {
    /// Of a listener without `auth`: some of what it serves is open.
    static let mixed = "mixed"
}
