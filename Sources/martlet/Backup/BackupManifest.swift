import Foundation
import MartletCore

/// The first member of a backup: what the others are, so that each can be checked before anything is put in place.
struct BackupManifest: Sendable, Equatable {
    static let name = "manifest.json"
    /// More is refused when reading: nobody may fill the memory.
    static let largest: Int64 = 256 << 20
    private static let format: Int64 = 1

    struct Member: Sendable, Equatable {
        /// Relative to the data directory.
        let name: String
        let size: Int64
        /// SHA-256 in hex.
        let sha256: String
    }

    /// Of the program that made it.
    let version: String
    let schema: Int
    let createdAt: Date
    /// Runs that were running or stopping, and runs that waited.
    let live: Int
    let pending: Int
    let members: [Member]

    /// Bytes of all members.
    var size: Int64 { members.reduce(0) { $0 + $1.size } }
}

// MARK: JSON

extension BackupManifest {
    var json: JSONValue {
        let list = members.map { member in
            JSONValue.object([
                "name": .string(member.name), "size": .int(member.size), "sha256": .string(member.sha256),
            ])
        }
        return [
            "format": .int(Self.format), "martlet": .string(version), "schema": .int(Int64(schema)),
            "createdAt": .string(createdAt.formatted(.iso8601)), "live": .int(Int64(live)),
            "pending": .int(Int64(pending)), "members": .array(list),
        ]
    }

    /// Throws `invalid` for anything that a backup of this program cannot have.
    init(_ bytes: [UInt8]) throws {
        let document: JSONValue
        do { document = try JSONParser.parse(bytes) } catch { throw Self.damaged("\(error)") }
        guard document["format"] == .int(Self.format) else {
            throw MartletError(.invalid, "the backup has another format; restore it with the program that made it")
        }
        guard let version = document["martlet"].string, let schema = document["schema"].int,
            let createdAt = document["createdAt"].string.flatMap({ try? Date($0, strategy: .iso8601) }),
            let live = document["live"].int, let pending = document["pending"].int
        else { throw Self.damaged("a fact is missing") }
        self.version = version
        self.schema = Int(schema)
        self.createdAt = createdAt
        self.live = Int(live)
        self.pending = Int(pending)
        members = try document["members"].items.map(Self.member)
        guard Set(members.map(\.name)).count == members.count else { throw Self.damaged("a member is listed twice") }
        for needed in [DataDirectory.databaseName, DataDirectory.keyName]
        where !members.contains(where: { $0.name == needed }) { throw Self.damaged("\(needed) is not listed") }
    }

    private static func member(_ value: JSONValue) throws -> Member {
        guard let name = value["name"].string, let size = value["size"].int, size >= 0, size < 1 << 50,
            let sum = value["sha256"].string, sum.utf8.count == 64
        else { throw damaged("a member has no name, size or checksum") }
        guard BackupMember.isAllowed(name) else {
            throw MartletError(
                .invalid,
                "the backup has a member that does not belong there: \(Terminal.safe(String(name.prefix(200))))")
        }
        return Member(name: name, size: size, sha256: sum)
    }

    private static func damaged(_ how: String) -> MartletError {
        MartletError(.invalid, "the manifest of the backup is damaged: \(how)")
    }
}
