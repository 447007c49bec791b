import Foundation
package import MartletCore

// The file a task appends to is rotated when it has been read to a size. An offset therefore carries, above
// 40 bits of position, the number of the file: `<name>.<number>` once it is rotated, `<name>` before.
extension FileLogReader {
    private static let rotateAt: Int64 = 1 << 20
    private static let longestLine = 64 << 10
    private static let chunk = 1 << 20

    private struct Position {
        var file: Int64
        var byte: Int64
        init(_ offset: Int64) { (file, byte) = (offset >> 40, offset & ((1 << 40) - 1)) }
        var offset: Int64 { file << 40 | byte }
    }

    package func progressLines(of task: TaskAddress, from offset: Int64) throws -> (lines: [[UInt8]], offset: Int64) {
        var position = Position(max(0, offset))
        guard let directory = RunDirectory(task.run, in: paths) else { return ([], offset) }
        let name = RunPaths.name(.progress, of: task)
        if let rotated = directory.open("\(name).\(position.file)") {
            // Whoever still has it open goes on writing there; the next file begins when somebody opens it anew. Asked
            // before the rest is read: what was written until then is part of it.
            let isFollowed = directory.open(name) != nil
            let lines = Self.readLines(rotated, &position)
            guard lines.isEmpty, isFollowed else { return (lines, position.offset) }
            position = Position((position.file + 1) << 40)
        }
        guard let current = directory.open(name) else { return ([], position.offset) }
        if current.size < position.byte { position.byte = 0 }
        let lines = Self.readLines(current, &position)
        if position.byte >= Self.rotateAt, directory.rename(name, to: "\(name).\(position.file)") {
            directory.unlink("\(name).\(position.file - 1)")
        }
        return (lines, position.offset)
    }

    package func removeProgress(of task: TaskAddress) {
        guard let directory = RunDirectory(task.run, in: paths) else { return }
        let name = RunPaths.name(.progress, of: task)
        for file in directory.names() where file == name || file.hasPrefix(name + ".") { directory.unlink(file) }
    }

    /// Complete lines only. One that is too long becomes an empty one, so that it counts as bad.
    private static func readLines(_ file: borrowing Descriptor, _ position: inout Position) -> [[UInt8]] {
        let bytes = file.read(from: position.byte, count: chunk)
        guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            // No end within a whole chunk: its beginning is not kept for ever.
            if bytes.count == chunk { position.byte += Int64(chunk) }
            return []
        }
        position.byte += Int64(end + 1)
        return bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            $0.count > longestLine ? [] : Array($0)
        }
    }
}
