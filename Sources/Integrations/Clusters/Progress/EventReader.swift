import MartletCore
import MartletEngine

/// Reads the kept events of one attempt from where it was.
struct EventReader: Sendable {
    private static let chunk = 1 << 20

    let task: TaskAddress
    /// Byte after the last line that was read.
    private(set) var offset: Int64
    private(set) var badLines = 0
    private let files: any LogFiles

    struct Entry: Sendable {
        let event: PlaybookEvent
        /// Whoever goes on from here gets every later event, once.
        let end: Int64
    }

    init(_ task: TaskAddress, _ files: any LogFiles, after offset: Int64 = 0) {
        (self.task, self.files, self.offset) = (task, files, max(0, offset))
    }

    /// The next whole lines; nil when there are no more now. An empty answer means that there were only bad ones.
    mutating func next() throws -> [Entry]? {
        let bytes = try files.events(of: task, from: offset, upTo: Self.chunk)
        guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            // No line is so long.
            guard bytes.count == Self.chunk else { return nil }
            offset += Int64(bytes.count)
            return []
        }
        var entries: [Entry] = []
        var start = 0
        while start <= last, let end = bytes[start...last].firstIndex(of: UInt8(ascii: "\n")) {
            if let event = PlaybookEvent(bytes[start..<end]) {
                entries.append(Entry(event: event, end: offset + Int64(end) + 1))
            } else {
                badLines += 1
            }
            start = end + 1
        }
        offset += Int64(last) + 1
        return entries
    }
}

extension Control {
    /// The attempt of a run of a playbook whose events are meant; the last one when nil.
    func playbookTask(of run: Run, attempt: Int?) throws -> TaskAddress {
        let last = try files.tasks(of: run.id).last?.attempt ?? 0
        return TaskAddress(run: run.id, attempt: attempt ?? max(1, run.attempt, last), task: 0)
    }
}
