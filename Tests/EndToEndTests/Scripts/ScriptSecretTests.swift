import Foundation
import MartletCore
import Testing

/// Script tasks and the configuration name stored secrets.
@Suite(.few) struct ScriptSecretTests {
    private static let tasks =
        Fixtures.task("tell", executable: "echo own $OWN ${#OWN} shared $SHARED ${#SHARED}", "secrets: {OWN: own-one}")
        + Fixtures.task("other", executable: "echo $SHARED ${#SHARED}", "env: {SHARED: in clear}")

    private func put(_ server: ScriptServer, _ name: String, _ value: String) async throws {
        let reply = try await server.server.call(.PUT, "/api/secrets/\(name)", body: ["value": .string(value)])
        #expect(reply.status < 300, "\(reply.text)")
    }

    private func warnings(_ server: ScriptServer) async throws -> [String] {
        (try await server.server.call(.GET, "/api/scripts").json["warnings"].array ?? []).compactMap {
            $0["text"].string
        }
    }

    @Test func `a call says which secret is missing, and takes the present one once it is there`() async throws {
        let server = try await ScriptServer(
            Self.tasks, environment: ["MARTLET_SCRIPTS_ENVIRONMENT": "SHARED@shared-one"])
        let refused = try await server.run("tell")
        #expect(refused.status == 200 && refused.code == 1 && refused.run.isEmpty)
        for word in ["secrets.OWN", "martlet secret set own-one", "secrets.SHARED", "martlet secret set shared-one"] {
            #expect(refused.msg.contains(word), "\(refused.msg)")
        }
        #expect(
            try await warnings(server) == [
                "scripts.environment.SHARED: there is no stored secret shared-one; store it with: martlet secret set shared-one",
                "test/tell: secrets.OWN: there is no stored secret own-one; store it with: martlet secret set own-one",
            ])
        let errors = server.server.child.output.deletingPathExtension().appendingPathExtension("err")
        try await eventually("the server's log warns") {
            let said = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            return said.contains("martlet secret set own-one") ? true : nil
        }
        try await put(server, "own-one", "first value")
        try await put(server, "shared-one", "shared value")
        #expect(try await server.run("tell").data.string == "own ••• 11 shared ••• 12")
        #expect(try await warnings(server).isEmpty)
        try await put(server, "own-one", "after the rotation")
        let told = try await server.run("tell")
        #expect(told.data.string == "own ••• 18 shared ••• 12")
        #expect(try await server.server.run(told.run)["secrets"] == ["OWN", "SHARED"])
    }

    @Test func `an entry's own variable wins over a configured secret`() async throws {
        let server = try await ScriptServer(
            Self.tasks, environment: ["MARTLET_SCRIPTS_ENVIRONMENT": "SHARED@nowhere"])
        #expect(try await server.run("other").data.string == "in clear 8")
    }
}
