import ConsoleFiles
import Foundation
import MartletCore

/// The files of the console: those of this program, or those of a directory while somebody works on them.
struct ConsoleFolder: Sendable {
    private enum Source: Sendable {
        case program([String: [UInt8]])
        case directory(String)
    }

    private let source: Source
    /// Stands in the path of each file, so that none of them is ever kept too long. Of a directory: always the same word.
    let version: String

    /// Those of this program.
    init() {
        var files: [String: [UInt8]] = [:]
        var number = 0
        while let file = console_file_at(number)?.pointee {
            files[String(cString: file.path)] = Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
            number += 1
        }
        source = .program(files)
        version = Self.digest(files)
    }

    init(directory: String) {
        source = .directory(directory)
        version = "now"
    }

    /// Whether a file never changes under its path.
    var isFixed: Bool {
        if case .program = source { true } else { false }
    }

    /// Nil: there is no such file.
    func bytes(of path: String) -> [UInt8]? {
        switch source {
        case .program(let files): return files[path]
        case .directory(let directory):
            // Names of our own files have no other characters.
            let isPlain = path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
                part.first.map { $0 != "." } == true && part.utf8.allSatisfy(Self.isOfNames)
            }
            guard isPlain else { return nil }
            return FileManager.default.contents(atPath: "\(directory)/\(path)").map(Array.init)
        }
    }

    private static func isOfNames(_ byte: UInt8) -> Bool {
        let character = Character(UnicodeScalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber || "-._".contains(character))
    }

    /// FNV-1a over all names and contents: it tells versions apart, and protects nothing.
    private static func digest(_ files: [String: [UInt8]]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
            for byte in Array(path.utf8) + [0] + bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        return String(hash, radix: 36)
    }
}
