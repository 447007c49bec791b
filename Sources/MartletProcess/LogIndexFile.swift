import CMartlet
import Foundation
import KeeperProtocol

/// A task's index, read block by block where it is needed. Data entries ascend; between them may be holes and, where
/// the keeper freed blocks, zeros.
struct LogIndexFile: ~Copyable {
    private static let block: Int64 = 128
    private let file: Descriptor
    /// Whole entries when the file was opened.
    let count: Int64

    init(_ file: consuming Descriptor) {
        count = file.size / Int64(LogIndexRecord.size)
        self.file = file
    }

    /// Number of the first data entry that ends after `offset`; `count` when there is none.
    func firstEntry(reaching offset: Int64) -> Int64 { firstNumber { $0.end > offset } }

    /// The first data entry of which `isThere` holds, as it does of all that follow.
    func first(where isThere: (LogIndexRecord) -> Bool) -> LogIndexRecord? {
        dataEntry(from: firstNumber(where: isThere))?.entry
    }

    private func firstNumber(where isThere: (LogIndexRecord) -> Bool) -> Int64 {
        var low: Int64 = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            guard let (number, entry) = dataEntry(from: middle), number < high else {
                high = middle
                continue
            }
            if isThere(entry) { high = middle } else { low = number + 1 }
        }
        return low
    }

    private func dataEntry(from number: Int64) -> (number: Int64, entry: LogIndexRecord)? {
        var number = number
        // Holes are rare: few entries suffice.
        while number < count {
            let entries = entries(from: number, limit: 16)
            if let index = entries.firstIndex(where: { $0?.kind == .data }), let entry = entries[index] {
                return (number + Int64(index), entry)
            }
            number = next(after: number, entries)
        }
        return nil
    }

    /// The entries from `number` on, at most `limit`; nil for what is none.
    func entries(from number: Int64, limit: Int64 = block) -> [LogIndexRecord?] {
        let wanted = Int(max(0, min(limit, count - number))) * LogIndexRecord.size
        return file.read(from: number * Int64(LogIndexRecord.size), count: wanted).withUnsafeBytes { buffer in
            stride(from: 0, through: buffer.count - LogIndexRecord.size, by: LogIndexRecord.size).map {
                LogIndexRecord(UnsafeRawBufferPointer(rebasing: buffer[$0..<($0 + LogIndexRecord.size)]))
            }
        }
    }

    /// Where to read after `entries`; freed blocks are passed over in one step.
    func next(after number: Int64, _ entries: [LogIndexRecord?]) -> Int64 {
        // A file that became shorter has nothing more.
        if entries.isEmpty { return count }
        let following = number + Int64(entries.count)
        guard entries.allSatisfy({ $0 == nil }) else { return following }
        let data = mt_seek_data(file.number, following * Int64(LogIndexRecord.size))
        return max(following, data / Int64(LogIndexRecord.size))
    }

    /// The newest hole contains all others. Reads backwards; the keeper writes one before the tail has grown by much.
    func newestHole() -> LogIndexRecord? {
        var end = count
        while end > 0 {
            let start = max(0, end - Self.block)
            let hole = entries(from: start, limit: end - start).last { $0?.kind == .hole }
            if let hole { return hole }
            end = start
        }
        return nil
    }
}

extension LogIndexRecord {
    /// Of a data entry.
    var end: Int64 { offset + Int64(length) }
}
