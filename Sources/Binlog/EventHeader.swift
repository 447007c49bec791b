/// The 19 bytes before every event's body.
package struct EventHeader: Sendable, Equatable {
    package static let size = 19

    /// Seconds since 1970, UTC.
    package let timestamp: UInt32
    package let type: EventType
    package let serverID: UInt32
    /// With header and checksum.
    package let size: Int
    /// The low 32 bits of the offset after the event in its file; 0 in artificial events.
    package let endPosition: UInt32
    package let flags: UInt16

    /// Made up by the sender, stands in no file.
    package var isArtificial: Bool { flags & 0x20 != 0 }
    /// A reader that does not know the type may pass over it.
    package var isIgnorable: Bool { flags & 0x80 != 0 }

    init(_ reader: inout ByteReader) throws(BinlogError) {
        timestamp = try reader.u32()
        type = EventType(rawValue: try reader.u8())
        serverID = try reader.u32()
        size = Int(try reader.u32())
        endPosition = try reader.u32()
        flags = try reader.u16()
    }
}
