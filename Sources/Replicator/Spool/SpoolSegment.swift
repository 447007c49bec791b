internal import Foundation
internal import Glibc

/// Reads the frames of one segment. What is not whole yet may come later; it is read from the disk anew each time.
final class SpoolSegment {
    private static let pieceSize = 1 << 20

    let number: Int
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var position = 0
    /// Of the buffer's first byte in the file.
    private var base = 0

    /// Offset of the next frame in the file.
    var offset: Int { base + position }

    init(_ path: String, number: Int) throws {
        self.number = number
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalSocket.Failure(description: "\(path): \(SystemError.text(errno))") }
    }

    deinit { close(descriptor) }

    /// The next frame; nil: it is not there, or not whole.
    /// - Throws: `SpoolDamage`.
    func next() throws -> (kind: SpoolFrame.Kind, bytes: ArraySlice<UInt8>)? {
        guard let length = try whole() else { return nil }
        guard let frame = SpoolFrame.read(buffer, at: position, length: length) else { throw damage }
        position += SpoolFrame.headSize + length
        return (frame.kind, buffer[frame.payload])
    }

    func nextEvent() throws -> [UInt8]? {
        guard let frame = try next() else { return nil }
        guard frame.kind == .event else { throw damage }
        return Array(frame.bytes)
    }

    /// What the segment says of itself; nil: it is not whole yet.
    func start() throws -> SpoolStart? {
        guard let frame = try next() else { return nil }
        guard frame.kind == .start,
            let start = try? JSONDecoder().decode(SpoolStart.self, from: Data(frame.bytes)), start.v == 1
        else { throw damage }
        return start
    }

    var damage: SpoolDamage { SpoolDamage(segment: number, offset: offset) }

    /// The length of the next payload once all of it is in the buffer.
    private func whole() throws -> Int? {
        if let length = SpoolFrame.length(buffer, at: position), length <= buffer.count - position - SpoolFrame.headSize
        {
            return length
        }
        fill(Self.pieceSize)
        guard let length = SpoolFrame.length(buffer, at: position) else { return nil }
        guard length <= SpoolFrame.longest else { throw damage }
        if length + SpoolFrame.headSize > buffer.count { fill(length + SpoolFrame.headSize) }
        return length + SpoolFrame.headSize <= buffer.count ? length : nil
    }

    /// Reads from the next frame on: what was behind it may have been cut off and written anew.
    private func fill(_ size: Int) {
        base += position
        position = 0
        buffer = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
            count = max(0, pread(descriptor, bytes.baseAddress, size, base))
        }
    }
}
