import Foundation
import MartletCore
import MartletStore
import Testing

@testable import martlet

/// Archives that somebody made to do harm, or that went through bad hands: refused, with nothing half done.
/// CVE-2023-36811: an archive that pretends to be one of ours.
@Suite struct HostileBackupTests {
    /// An archive as bytes, member by member.
    struct Archive {
        struct Member {
            var name: String
            var bytes: [UInt8]
            var type = UInt8(ascii: "0")
        }

        var manifest: JSONValue
        var members: [Member]
        var tail: [UInt8] = [UInt8](repeating: 0, count: 1024)

        /// The genuine one of a fresh store.
        static func genuine(in directory: URL) async throws -> Archive {
            let data = directory.appending(path: "source")
            let store = try SQLiteStore(directory: data)
            try store.close()
            let file = directory.appending(path: "genuine.tar")
            let manifest = try Backup(
                directory: DataDirectory(path: data.path), file: file.path, withLogs: false, replaces: false,
                minFree: 0,
                progress: Progress()
            ).make()
            let whole = [UInt8](try Data(contentsOf: file))
            var members: [Member] = []
            var at = 0
            while let header = try TarHeader(Array(whole[at..<at + 512])) {
                members.append(Member(name: header.name, bytes: Array(whole[at + 512..<at + 512 + Int(header.size)])))
                at += 512 + Int(header.size) + header.padding
            }
            return Archive(manifest: manifest.json, members: Array(members.dropFirst()))
        }

        func bytes() throws -> [UInt8] {
            var bytes: [UInt8] = []
            for member in [Member(name: "manifest.json", bytes: Array(JSONText.pretty(manifest).utf8))] + members {
                let header = TarHeader(name: member.name, size: Int64(member.bytes.count))
                var block = try header.bytes(modifiedAt: Date())
                block[156] = member.type
                block.replaceSubrange(148..<156, with: "        ".utf8)
                let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
                block.replaceSubrange(148..<155, with: (String(repeating: "0", count: 6 - sum.count) + sum + "\0").utf8)
                bytes += block + member.bytes + [UInt8](repeating: 0, count: header.padding)
            }
            return bytes + tail
        }

        /// Adds a member, and lists it as the manifest would.
        mutating func add(_ name: String, _ bytes: [UInt8] = Array("x".utf8), type: Character = "0") {
            members.append(Member(name: name, bytes: bytes, type: type.asciiValue ?? 0))
            var sum = Checksum()
            sum.add(bytes)
            list(name, Int64(bytes.count), sum.hex)
        }

        mutating func list(_ name: String, _ size: Int64, _ sum: String) {
            guard case .object(var facts) = manifest, case .array(var list) = facts["members"] else { return }
            list.append(["name": .string(name), "size": .int(size), "sha256": .string(sum)])
            facts["members"] = .array(list)
            manifest = .object(facts)
        }

        mutating func set(_ name: String, _ value: JSONValue) {
            guard case .object(var facts) = manifest else { return }
            facts[name] = value
            manifest = .object(facts)
        }
    }

    typealias Change = @Sendable (inout Archive) -> Void
    static let changes: [(String, Change)] = [
        ("an absolute path", { $0.add("/tmp/evil") }),
        ("a path upwards", { $0.add("jobs.d/../../evil") }),
        ("a path upwards at once", { $0.add("../evil") }),
        ("a path through itself", { $0.add("jobs.d/./evil.yaml") }),
        ("an empty part", { $0.add("jobs.d//evil.yaml") }),
        ("a control character", { $0.add("jobs.d/a\u{1B}[2J.yaml") }),
        ("a file of the server's own", { $0.add("lock") }),
        ("a boot id", { $0.add("boot_id") }),
        ("a folder that is not ours", { $0.add("etc/passwd") }),
        ("a hard link", { $0.add("jobs.d/a.yaml", [], type: "1") }),
        ("a symbolic link", { $0.add("jobs.d/a.yaml", [], type: "2") }),
        ("a character device", { $0.add("jobs.d/a.yaml", [], type: "3") }),
        ("a block device", { $0.add("jobs.d/a.yaml", [], type: "4") }),
        ("a directory", { $0.add("jobs.d/a.yaml", [], type: "5") }),
        ("a pipe", { $0.add("jobs.d/a.yaml", [], type: "6") }),
        ("an extended header", { $0.add("jobs.d/a.yaml", [], type: "x") }),
        ("a long name of GNU", { $0.add("jobs.d/a.yaml", [], type: "L") }),
        ("a member that is not listed", { $0.members.append(.init(name: "jobs.d/a.yaml", bytes: [1])) }),
        ("a member twice", { $0.members.append($0.members[0]) }),
        ("a member listed twice", { $0.list("secret.key", 32, String(repeating: "0", count: 64)) }),
        (
            "a file in the place of a folder",
            {
                $0.add("runs/ab")
                $0.add("runs/ab/x/1.0.log")
            }
        ),
        ("a missing member", { $0.list("admin.token", 1, String(repeating: "0", count: 64)) }),
        ("a lost member", { $0.members.removeLast() }),
        ("another size", { $0.members[0].bytes.append(0) }),
        ("another byte", { $0.members[0].bytes[5000] ^= 1 }),
        ("more than any disk has", { $0.list("logs/big.log", (1 << 50) - 1, String(repeating: "0", count: 64)) }),
        ("a negative size", { $0.list("logs/big.log", -1, String(repeating: "0", count: 64)) }),
        ("a newer schema", { $0.set("schema", 1_000_000) }),
        ("another format", { $0.set("format", 2) }),
        ("another count of runs", { $0.set("live", 7) }),
        ("no manifest", { $0.manifest = "x" }),
        (
            "no end",
            {
                $0.tail = []
                $0.members[$0.members.count - 1].bytes.removeLast()
            }
        ),
        ("something after the end", { $0.tail += Array("x".utf8) }),
        (
            "no database",
            { archive in
                archive.members.removeFirst()
                archive.set("members", .array(Array(archive.manifest["members"].items.dropFirst())))
            }
        ),
        (
            "a key of another store",
            { archive in
                let other = [UInt8](repeating: 7, count: 32)
                archive.members.removeAll { $0.name == "secret.key" }
                archive.set("members", .array(archive.manifest["members"].items.filter { $0["name"] != "secret.key" }))
                archive.add("secret.key", other)
            }
        ),
    ]

    private func restore(_ file: URL, to data: URL) throws {
        _ = try Restore(
            file: file.path, directory: DataDirectory(path: data.path), replaces: false, progress: Progress()
        ).run(at: Date())
    }

    private func directory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appending(path: "hostile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }

    @Test func `each hostile archive is refused and leaves nothing`() async throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let genuine = try await Archive.genuine(in: directory)
        for (number, (name, change)) in Self.changes.enumerated() {
            let room = directory.appending(path: "room-\(number)")
            let empty = directory.appending(path: "empty-\(number)")
            for folder in [room, empty] {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
            }
            var archive = genuine
            change(&archive)
            let file = directory.appending(path: "hostile.tar")
            try Data(archive.bytes()).write(to: file)
            #expect(throws: MartletError.self, "\(name)") { try restore(file, to: room.appending(path: "data")) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: room.path) == [], "\(name)")
            #expect(throws: MartletError.self, "\(name)") { try restore(file, to: empty) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: empty.path) == ["lock"], "\(name)")
        }
        #expect(!FileManager.default.fileExists(atPath: "/tmp/evil"))
        // The same way, unchanged: it is the change that is refused.
        let file = directory.appending(path: "untouched.tar")
        try Data(genuine.bytes()).write(to: file)
        try restore(file, to: directory.appending(path: "data"))
    }

    @Test func `an archive that is cut off anywhere is refused`() async throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let bytes = try await Archive.genuine(in: directory).bytes()
        for part in stride(from: 0, to: bytes.count - 1024, by: 7919) {
            let file = directory.appending(path: "cut.tar")
            try Data(bytes[..<part]).write(to: file)
            #expect(throws: MartletError.self, "\(part)") { try restore(file, to: directory.appending(path: "data")) }
        }
        #expect(!FileManager.default.fileExists(atPath: directory.appending(path: "data").path))
    }

    @Test func `a packed archive is checked by gzip, too, and GNU tar reads what we write`() async throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let genuine = try await Archive.genuine(in: directory)
        let file = directory.appending(path: "b.tar.gz")
        _ = try Backup(
            directory: DataDirectory(path: directory.appending(path: "source").path), file: file.path, withLogs: false,
            replaces: false, minFree: 0, progress: Progress()
        ).make()
        let unpacked = directory.appending(path: "unpacked")
        try FileManager.default.createDirectory(at: unpacked, withIntermediateDirectories: false)
        let tar = try Process.run(
            URL(filePath: "/usr/bin/tar"), arguments: ["-xzf", file.path, "-C", unpacked.path])
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
        for member in genuine.members where member.name != "martlet.db" {
            #expect(try [UInt8](Data(contentsOf: unpacked.appending(path: member.name))) == member.bytes)
        }
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count - 6] ^= 1
        try bytes.write(to: file)
        #expect(throws: MartletError.self) { try restore(file, to: directory.appending(path: "data")) }
        #expect(!FileManager.default.fileExists(atPath: directory.appending(path: "data").path))
    }
}
