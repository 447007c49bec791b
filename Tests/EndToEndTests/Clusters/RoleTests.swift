import Foundation
import Testing

/// The playbooks and roles by themselves, with real SSH on hosts of their own: cluster contract §6, cases 16–20, 31–34, 43
/// and 46. Each scenario says in Tests/Conformance/clusters/prove what it does. Needs root.
@Suite(.serialized) struct RoleTests {
    static let quick = ["events", "events-debian", "debian", "3.2", "closed-database", "schema-fails"]
    /// In `make soak`.
    static let slow = ["whole", "3.1", "3.2-debian", "1.3", "2.0", "refusals", "hosts-away"]
    static var scenarios: [String] {
        quick + (ProcessInfo.processInfo.environment["MARTLET_SOAK"] == nil ? [] : slow)
    }

    @Test(arguments: scenarios) func `the roles do on hosts what they say`(scenario: String) async throws {
        let scratch = try Scratch()
        let prove = PlaybookSite.root.appending(path: "Tests/Conformance/clusters/prove").path
        let child = try Child(
            [prove, scenario], environment: Server.environment.merging(["HOME": scratch.url.path]) { $1 },
            directory: scratch.url, name: "prove")
        let code = try await child.ended(within: 1800)
        let output = (try? String(contentsOf: child.output, encoding: .utf8)) ?? ""
        let errors = (try? String(contentsOf: scratch.url.appending(path: "prove.err"), encoding: .utf8)) ?? ""
        #expect(code == 0, "\(output.suffix(6000))\n\(errors.suffix(2000))")
    }
}
