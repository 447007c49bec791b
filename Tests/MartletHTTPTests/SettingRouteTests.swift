import MartletCore
import Testing

@testable import MartletHTTP

/// What is told of the server's settings.
@Suite struct SettingRouteTests {
    private static func item(_ name: String, _ value: JSONValue, needsRestart: Bool = false) -> SettingsView.Item {
        SettingsView.Item(
            name: name, value: value, origin: .file, source: "file /etc/martlet.yaml", isSecret: false,
            variable: "MARTLET_X", kind: "text", description: "what it means", needsRestart: needsRestart)
    }

    @Test func `settings and listeners are told as they are`() async throws {
        let open = try Listener(
            ["address": "10.0.0.1:80", "facades": ["scripts"], "auth": "open", "allow": ["10.0.0.0/8"]], at: "",
            problems: Fields.Problems())
        let usual = Listener(ListenAddress(host: "127.0.0.1", port: 8080))
        let view = SettingsView(
            file: "/etc/martlet.yaml", items: [Self.item("hosts", ["a", "b"])], listeners: [usual, open])
        let told = try await LiveAPI(settings: view).call("GET", "/api/settings").json
        #expect(told["file"] == "/etc/martlet.yaml")
        #expect(
            told["items"] == [
                [
                    "name": "hosts", "value": ["a", "b"], "source": "file", "from": "file /etc/martlet.yaml",
                    "isSecret": false, "variable": "MARTLET_X", "kind": "text", "description": "what it means",
                    "needsRestart": false,
                ]
            ])
        #expect(told["listeners"][0]["auth"] == "mixed" && told["listeners"][0]["allow"] == [])
        let (facades, free) = (told["listeners"][0]["facades"].array ?? [], told["listeners"][0]["open"].array ?? [])
        #expect(facades.filter { !free.contains($0) } == ["native", "console"] && facades.contains("scripts"))
        #expect(
            told["listeners"][1] == [
                "address": "10.0.0.1:80", "facades": ["scripts"], "open": ["scripts"], "auth": "open",
                "allow": ["10.0.0.0/8"], "tls": false,
            ])
    }

    @Test func `a reload changes what needs no restart`() {
        let box = SettingsViewBox(
            SettingsView(items: [Self.item("listen", "a", needsRestart: true), Self.item("log.level", "info")]))
        let fresh = SettingsView(
            items: [Self.item("listen", "b", needsRestart: true), Self.item("log.level", "debug")])
        #expect(box.value.waiting(in: fresh) == ["listen"])
        box.reload(fresh)
        #expect(box.value.items.map(\.value) == ["a", "debug"])
    }
}
