import Foundation
import MartletCore
import Testing

/// jobs-replication contract §B.4: python-nomad as a real client.
@Suite struct PythonClientTests {
    @Test func `every call of python-nomad ends as it does against Nomad`() async throws {
        let nomad = try await JobServer()
        let check = try await Conformance(server: nomad.server).run("nomad_client.py")
        #expect(check.status == 0, "\(check.output)")
        let expected = try Self.lines(String(contentsOf: Conformance.file("nomad_calls.txt"), encoding: .utf8))
        let happened = Self.lines(check.output)
        #expect(expected.count == 87)
        for (expected, happened) in zip(expected, happened) {
            #expect(happened == expected, "\(check.output)")
        }
        #expect(happened.count == expected.count, "\(check.output)")
    }

    /// `NAME<tab>OUTCOME`; others are not of the table.
    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { $0.contains("\t") && !$0.hasPrefix("#") }
    }
}
