import Foundation
import MartletCore
import Testing

@testable import Clusters

@Suite struct ClusterKeyTests {
    private func output(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        // A file: the end of a pipe would not come while a server that another test just starts holds it open.
        let file = FileManager.default.temporaryDirectory.appending(path: "key-output-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data().write(to: file)
        process.standardOutput = try FileHandle(forWritingTo: file)
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: file, encoding: .utf8))
    }

    @Test func `the key is made once, for its owner, as OpenSSH has it`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // Whoever comes first makes it for all.
        let lines = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { try ClusterKey.publicKey(in: directory) } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(try ClusterKey.publicKey(in: directory) == line)
        #expect(
            Set(try FileManager.default.contentsOfDirectory(atPath: directory)) == ["id_ed25519", "id_ed25519.pub"])
        for name in ["id_ed25519", "id_ed25519.pub"] {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
        let shown = try output("/usr/bin/ssh-keygen", ["-y", "-f", "\(directory)/id_ed25519"])
        #expect(shown.status == 0 && line.hasPrefix(shown.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        // A public key that got lost comes back.
        try FileManager.default.removeItem(atPath: directory + "/id_ed25519.pub")
        #expect(try ClusterKey.publicKey(in: directory) == line)
    }

    @Test func `what killed runs left goes, what live ones have stays`() async throws {
        let data = FileManager.default.temporaryDirectory.appending(path: "left-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: data) }
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let live = TaskAddress(run: RunID(high: 1, low: 1), attempt: 1, task: 0)
        let dead = TaskAddress(run: RunID(high: 1, low: 2), attempt: 1, task: 0)
        for name in [PlaybookLeftovers.name(live), PlaybookLeftovers.name(dead), "foreign"] {
            let files = try PlaybookFiles(name, in: data)
            try files.write("secret", to: files.variables)
            let mode = try FileManager.default.attributesOfItem(atPath: files.variables)[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
        #expect(try await PlaybookLeftovers(dataDirectory: data).remove { $0 == live } == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: PlaybookSettings.runs(of: data))
        #expect(names == [PlaybookLeftovers.name(live)])
    }
}
