internal import Binlog

/// The event by which a source says in which file and where the stream goes on.
enum Rotation {
    private static let artificial: UInt16 = 0x20

    /// Made up, without a checksum.
    static func event(file: String, position: UInt64) -> [UInt8] {
        let name = Array(file.utf8)
        let size = EventHeader.size + 8 + name.count
        return little(0, 4) + [EventType.rotate.rawValue] + little(0, 4) + little(UInt64(size), 4) + little(0, 4)
            + little(UInt64(artificial), 2) + little(position, 8) + name
    }

    private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
}
