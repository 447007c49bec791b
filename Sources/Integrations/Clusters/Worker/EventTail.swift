import Foundation
import MartletCore

/// Takes the lines that the callback plugin writes, as they come, and keeps them masked beside the log. What a playbook's
/// task may have written between them is bounded and counted.
struct EventTail {
    /// Bytes of events that are kept; only the recap is beyond them.
    private static let mostKept = 64 << 20
    private static let chunk = 256 << 10

    private let source: String
    private let target: Int32
    private let mask: EventMask
    private var descriptor: Int32 = -1
    private var line: [UInt8] = []
    private var isTooLong = false
    private var kept = 0
    private(set) var progress = PlaybookProgress()

    /// `target`: descriptor that masked lines are appended to.
    init(of source: String, to target: Int32, hiding secrets: [String]) {
        self.source = source
        self.target = target
        mask = EventMask(secrets)
    }

    /// Everything that is there now; whether that was something. A last line without an end is taken once `isOver`.
    mutating func read(isOver: Bool = false) -> Bool {
        if descriptor < 0 { descriptor = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
        guard descriptor >= 0 else { return false }
        var output: [UInt8] = []
        var hasRead = false
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            hasRead = true
            split(buffer[..<count], &output)
            if output.count > Self.chunk { flush(&output) }
        }
        if isOver, !line.isEmpty || isTooLong { take(&output) }
        flush(&output)
        return hasRead
    }

    func close() { if descriptor >= 0 { Foundation.close(descriptor) } }

    private mutating func split(_ bytes: ArraySlice<UInt8>, _ output: inout [UInt8]) {
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            take(&output)
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        if line.count + bytes.count > PlaybookEvent.longestLine { isTooLong = true } else { line += bytes }
    }

    private mutating func take(_ output: inout [UInt8]) {
        defer {
            line.removeAll(keepingCapacity: true)
            isTooLong = false
        }
        guard !isTooLong, let event = PlaybookEvent(line) else {
            progress.badLines += 1
            return
        }
        progress.take(event)
        let masked = masked(event)
        if case .stats = event.fact {} else if kept + masked.count > Self.mostKept { return }
        kept += masked.count
        output += masked
    }

    /// With its end.
    private func masked(_ event: PlaybookEvent) -> [UInt8] {
        (mask.masked(line, event.value) ?? line) + [UInt8(ascii: "\n")]
    }

    /// A disk without room costs events, never the run.
    private func flush(_ output: inout [UInt8]) {
        Descriptor.write(output, to: target)
        output.removeAll(keepingCapacity: true)
    }
}

enum Descriptor {
    /// Whether all of it could be written.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
