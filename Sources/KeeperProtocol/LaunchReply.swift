/// A keeper's answer to a launch: 32 bytes, written at once.
package struct LaunchReply: Sendable, Equatable {
    package enum Status: UInt32, Sendable {
        /// The keeper holds the fence and will start the task, or say in its record why not.
        case held = 0
        /// Somebody else holds the fence: this keeper started nothing.
        case fenceLost = 1
        /// There is no keeper; `error` says why.
        case noKeeper = 2
        /// The zygote's word that a keeper was killed, maybe before it could reply.
        case keeperKilled = 3
    }

    package var requestID: UInt64
    package var status: Status
    package var keeperPID: Int32
    /// Clock ticks since boot.
    package var keeperStart: UInt64
    /// An errno value, 0 if held.
    package var error: Int32

    package init(requestID: UInt64, status: Status, keeperPID: Int32 = 0, keeperStart: UInt64 = 0, error: Int32 = 0) {
        self.requestID = requestID
        self.status = status
        self.keeperPID = keeperPID
        self.keeperStart = keeperStart
        self.error = error
    }

    package static let length = 32

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(requestID)
        writer.write(status.rawValue)
        writer.write(keeperPID)
        writer.write(keeperStart)
        writer.write(error)
        writer.write(UInt32(0))
        return writer.bytes
    }

    package init?(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(bytes)
        guard bytes.count == Self.length, let requestID = try? reader.read(UInt64.self),
            let word = try? reader.read(UInt32.self), let status = Status(rawValue: word),
            let pid = try? reader.read(Int32.self), let start = try? reader.read(UInt64.self),
            let error = try? reader.read(Int32.self)
        else { return nil }
        self.init(requestID: requestID, status: status, keeperPID: pid, keeperStart: start, error: error)
    }
}
