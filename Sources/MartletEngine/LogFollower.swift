import MartletCore

/// Sends each byte of a growing log once. Remembers file offsets, not view offsets: a hole that is punched
/// meanwhile shifts the view, never the file.
struct LogFollower {
    private let files: any LogFiles
    private let stream: LogStream
    /// Next file offset by task; a task that is not here yet starts at 0.
    private var positions: [TaskAddress: Int64] = [:]

    init(files: any LogFiles, stream: LogStream) {
        self.files = files
        self.stream = stream
    }

    /// Begins at `offset` of `view`.
    mutating func skip(to view: LogView, offset: Int64) {
        var passed: Int64 = 0
        for piece in view.pieces {
            guard passed < offset else { return }
            if case .bytes(let task, let start, let length) = piece {
                positions[task] = start + min(length, offset - passed)
            }
            passed += piece.length
        }
    }

    /// Sends what is new; returns how many bytes that was.
    mutating func drain(_ tasks: [TaskAddress], _ sink: @Sendable ([UInt8]) async throws -> Void) async throws -> Int64
    {
        var sent: Int64 = 0
        for task in tasks {
            var gap: LogPiece?
            for piece in try files.view(of: [task], stream: stream).pieces {
                guard case .bytes(_, let offset, let length) = piece else {
                    gap = piece
                    continue
                }
                let position = positions[task] ?? 0
                if offset + length > position {
                    if let gap, offset > position { sent += try await send(gap, sink) }
                    let start = max(offset, position)
                    sent += try await send(.bytes(task, offset: start, length: offset + length - start), sink)
                    positions[task] = offset + length
                }
                gap = nil
            }
        }
        return sent
    }

    private func send(_ piece: LogPiece, _ sink: @Sendable ([UInt8]) async throws -> Void) async throws -> Int64 {
        let view = LogView(pieces: [piece])
        var offset: Int64 = 0
        while true {
            let bytes = try files.read(view, from: offset, upTo: 64 << 10)
            if bytes.isEmpty { return offset }
            try await sink(bytes)
            offset += Int64(bytes.count)
        }
    }
}
