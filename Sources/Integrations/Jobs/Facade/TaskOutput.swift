import Foundation
import GoWire
import MartletCore
import MartletEngine

/// What is sent piece by piece, as it comes.
protocol StreamedOutput: Sendable {
    /// Nil at its end.
    mutating func next(unless end: StreamEnd) async throws -> [UInt8]?
}

/// `{"Data": BASE64, "File": …, "Offset": END}`.
enum OutputFrame {
    static let heartbeat = Array("{}".utf8)

    static func bytes(_ bytes: [UInt8], of file: String, end: Int64) -> [UInt8] {
        WireWriter.bytes(
            .object([
                ("Data", .string(Data(bytes).base64EncodedString())), ("File", .string(file)), ("Offset", .int(end)),
            ]))
    }
}

/// One stream of a task's output, piece by piece, of all its attempts.
struct TaskOutput: StreamedOutput {
    enum Start: Sendable {
        case offset(Int64)
        /// So many bytes before the end.
        case beforeEnd(Int64)
    }

    private static let piece = 64 << 10
    private static let pauses: ClosedRange<Int64> = 50...250
    private static let heartbeat = Duration.seconds(10)

    /// Nil: the task had none.
    private let run: RunID?
    private let selection: Control.LogSelection
    /// The name in frames `{"Data": BASE64, "File": …, "Offset": END}`; nil: the bytes alone.
    private let file: String?
    private let start: Start
    /// Not more bytes than these.
    private let limit: Int64?
    private let follows: Bool
    private let control: Control
    private var position: Int64?
    private var sent: Int64 = 0
    private var pause = Self.pauses.lowerBound
    private var lastSent = ContinuousClock.now

    init(
        of run: RunID?, _ stream: LogStream, file: String?, from start: Start, upTo limit: Int64? = nil, follows: Bool,
        _ control: Control
    ) {
        self.run = run
        selection = Control.LogSelection(stream: stream)
        self.file = file
        self.start = start
        self.limit = limit
        self.follows = follows
        self.control = control
    }

    /// Nil at the end: of what is there, or, when it is followed, of the run.
    mutating func next(unless end: StreamEnd) async throws -> [UInt8]? {
        guard let run else { return nil }
        while !end.isHere {
            // Looked at before its log is: what was written before its end is then in it.
            let isOver = try await control.run(run)?.state.isEnd ?? true
            let view = try control.log(of: run, selection)
            let place = position ?? first(in: view.length)
            let wanted = Int(min(Int64(Self.piece), limit.map { $0 - sent } ?? .max))
            if wanted <= 0 { return nil }
            let bytes = place < view.length ? try control.read(view, from: place, upTo: wanted) : []
            sent += Int64(bytes.count)
            position = place + Int64(bytes.count)
            if !bytes.isEmpty {
                (pause, lastSent) = (Self.pauses.lowerBound, .now)
                return framed(bytes, end: place + Int64(bytes.count))
            }
            if isOver || !follows { return nil }
            // By this a caller that has gone is noticed.
            if file != nil, .now - lastSent > Self.heartbeat {
                lastSent = .now
                return OutputFrame.heartbeat
            }
            try await Task.sleep(for: .milliseconds(pause))
            pause = min(pause * 2, Self.pauses.upperBound)
        }
        return nil
    }

    private func first(in length: Int64) -> Int64 {
        switch start {
        case .offset(let offset): min(offset, length)
        case .beforeEnd(let count): max(0, length - count)
        }
    }

    private func framed(_ bytes: [UInt8], end: Int64) -> [UInt8] {
        file.map { OutputFrame.bytes(bytes, of: $0, end: end) } ?? bytes
    }
}
