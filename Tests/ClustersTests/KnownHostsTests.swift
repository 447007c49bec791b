import Foundation
import Testing

@testable import Clusters

@Suite struct KnownHostsTests {
    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8k1m0m4pTQ1mZ0wJx6mC7sL1uRkq0Y3b2q7b0x5vHc"

    @Test func `the old keys of a host that was prepared anew are forgotten in every cluster`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "known-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let known = KnownHosts(directory: directory)
        let environment = ["PATH": "/usr/bin:/bin"]
        let lines = ["192.0.2.1 \(Self.key)", "[192.0.2.1]:2022 \(Self.key)", "192.0.2.2 \(Self.key)"]
        for cluster in ["00000001", "00000002"] {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: known.file(of: cluster)))
        }
        // Names as Debian's SSH keeps them.
        let hashing = try PlaybookChild(
            ["ssh-keygen", "-q", "-H", "-f", known.file(of: "00000002")], environment: environment, output: "/dev/null")
        #expect(hashing.awaited() == 0)

        try known.forget([.init(ip: "192.0.2.1")], environment: environment)
        #expect(try text(known, "00000001") == lines.dropFirst().joined(separator: "\n") + "\n")
        #expect(try text(known, "00000002").split(separator: "\n").count == 2)
        try known.forget([.init(ip: "192.0.2.1", port: 2022)], environment: environment)
        #expect(try text(known, "00000001") == lines[2] + "\n")
        #expect(try text(known, "00000002").split(separator: "\n").count == 1)
        // A host that is in none of them.
        try known.forget([.init(ip: "192.0.2.77")], environment: environment)
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: directory)).contains { $0.hasSuffix(".old") })

        known.remove(of: "00000001")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["00000002.known_hosts"])
    }

    private func text(_ known: KnownHosts, _ cluster: String) throws -> String {
        try String(contentsOfFile: known.file(of: cluster), encoding: .utf8)
    }
}
