import Foundation
import MartletCore

extension JSONValue {
    /// The texts of a list.
    var texts: [String] { array?.compactMap(\.string) ?? [] }

    /// The document that this text is.
    var parsed: JSONValue { (try? JSONParser.parse(Array((string ?? "").utf8))) ?? .null }
}

enum Times {
    /// Reads RFC 3339.
    static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}

enum Disk {
    /// Bytes that a directory's files take on the disk, holes not counted.
    static func used(_ directory: String) -> Int {
        var bytes = 0
        let files = FileManager.default.enumerator(atPath: directory)
        while let file = files?.nextObject() as? String {
            var info = stat()
            if lstat(directory + "/" + file, &info) == 0 { bytes += Int(info.st_blocks) * 512 }
        }
        return bytes
    }
}
