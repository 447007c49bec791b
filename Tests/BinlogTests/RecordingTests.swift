import Foundation
import Testing

@testable import Binlog

/// Binlogs of real servers (see Recordings/README.md) against what stands beside them.
@Suite struct RecordingTests {
    static let names = ["mysql-9.7-plain", "mysql-9.7-compressed", "mariadb-10.11-plain", "mariadb-10.11-compressed"]

    static func bytes(_ name: String, _ suffix: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Recordings/\(name)", withExtension: suffix))
        return Array(try Data(contentsOf: url))
    }

    @Test(arguments: names)
    func `a recorded file reads as it did`(name: String) throws {
        var lines: [String] = []
        try Walk().run(try Self.bytes(name, "binlog")) { lines += try Self.lines($0) }
        let expected = String(decoding: try Self.bytes(name, "txt"), as: UTF8.self)
        let actual = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["RECORD"] != nil {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            try actual.write(
                to: folder.appendingPathComponent("Recordings/\(name).txt"), atomically: true, encoding: .utf8)
        }
        #expect(actual == expected)
    }

    static func lines(_ item: StreamItem) throws -> [String] {
        switch item {
        case .begin(let head):
            let clock = head.mysql.map { " clock \($0.lastCommitted) \($0.sequenceNumber)" } ?? ""
            return ["begin \(identity(head.identity))\(clock)"]
        case .rows(let event):
            return ["\(event.kind) \(event.table.name)"] + (try Walk.values(event).filter(isPresent).map(row))
        case .statement(let query, let isAlone): return ["statement \(isAlone) \(query.schema): \(query.text)"]
        case .change(let query): return ["change \(query.schema): \(query.text)"]
        case .savepoint(let query): return ["savepoint \(query.text)"]
        case .annotation(let text): return ["annotation \(text)"]
        case .end(let end): return ["\(end.kind) \(identity(end.identity)) \(end.file) \(end.position)"]
        case .heartbeat: return ["heartbeat"]
        case .rotated(let file, let position): return ["rotated \(file) \(position)"]
        case .previous(let set): return ["previous \(set)"]
        case .previousOfMariaDB(let position): return ["previous \(position)"]
        }
    }

    private static func identity(_ identity: TransactionHead.Identity) -> String {
        switch identity {
        case .anonymous: "anonymous"
        case .mysql(let gtid): gtid.description
        case .maria(let gtid): gtid.description
        }
    }

    /// An image without any column: the missing side of an insert or a delete.
    private static func isPresent(_ values: [Value?]) -> Bool { values.contains { $0 != nil } }

    private static func row(_ values: [Value?]) -> String {
        "  " + values.map { $0.map(value) ?? "absent" }.joined(separator: " | ")
    }

    private static func value(_ value: Value) -> String {
        switch value {
        case .decimal(let text), .time(let text), .json(let text): String(decoding: text, as: UTF8.self)
        case .characters(let bytes): "'\(String(decoding: bytes, as: UTF8.self))'"
        case .bytes(let bytes), .geometry(let bytes), .vector(let bytes):
            "0x" + bytes.map { String(format: "%02x", $0) }.joined()
        default: "\(value)"
        }
    }
}
