import Foundation
import MartletCore

/// A line that restic writes with `--json`.
enum ResticLine: Sendable, Hashable {
    /// Parts from 0 to 1, and counts so far.
    case status(done: Double, files: Int64, ofFiles: Int64, bytes: Int64, ofBytes: Int64)
    /// An item that could not be read.
    case failed(String)
    case summary(VolumeVersion.Content, new: Int64, changed: Int64, unchanged: Int64)
    /// Not JSON: what it says to people.
    case text(String)
    case other

    init(_ line: [UInt8]) {
        guard line.first == UInt8(ascii: "{"), let members = (try? JSONParser.parse(line))?.object else {
            self = .text(String(repairing: line))
            return
        }
        // File names reach the output: a count may be anything.
        func count(_ key: String) -> Int64 { min(max(0, members[key]?.wholeNumber ?? 0), 1 << 53) }
        switch members["message_type"]?.string {
        case "status":
            self = .status(
                done: members["percent_done"]?.fraction ?? 0, files: count("files_done"), ofFiles: count("total_files"),
                bytes: count("bytes_done"), ofBytes: count("total_bytes"))
        case "error": self = .failed(members["item"]?.string ?? "an item without a name")
        case "summary":
            guard let id = members["snapshot_id"]?.string, Self.isSnapshot(id) else {
                self = .other
                return
            }
            let seconds = members["total_duration"]?.fraction ?? 0
            self = .summary(
                VolumeVersion.Content(
                    snapshot: id, node: "", files: count("total_files_processed"),
                    bytes: count("total_bytes_processed"),
                    added: count("data_added"), took: TimeSpan(milliseconds: Int64(max(0, min(seconds, 1e9)) * 1000))),
                new: count("files_new"), changed: count("files_changed"), unchanged: count("files_unmodified"))
        default: self = .other
        }
    }

    /// Ids are 8 to 64 hex digits; anything else never reaches a command line.
    static func isSnapshot(_ text: String) -> Bool {
        (8...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

extension JSONValue {
    var wholeNumber: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value.rounded())
        default: nil
        }
    }

    var fraction: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}
