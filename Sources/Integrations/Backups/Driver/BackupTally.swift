import Foundation
import MartletCore

/// What the output of a backup proved so far.
struct BackupTally: Sendable {
    /// What has to be remembered between two lines.
    struct Memo: Sendable, Hashable, Codable {
        /// Of the version that was made; nil as long as there is none.
        var content: VolumeVersion.Content?
        /// The last complaint.
        var complaint: String?
    }

    private(set) var evidence: Evidence
    private(set) var memo: Memo
    private(set) var progress: Double?
    private(set) var message: String?

    init(_ evidence: Evidence?) {
        self.evidence = evidence ?? Evidence()
        let text = self.evidence.memo ?? ""
        memo = (try? JSONDecoder().decode(Memo.self, from: Data(text.utf8))) ?? Memo()
    }

    mutating func take(_ line: ResticLine) {
        let before = memo
        switch line {
        case .status(let done, let files, let ofFiles, let bytes, let ofBytes):
            progress = min(1, max(0, done))
            message = "\(files) of \(ofFiles) files, \(Bytes.text(bytes)) of \(Bytes.text(ofBytes))"
        case .failed(let item): evidence.fail(item)
        case .summary(let content, let new, let changed, let unchanged):
            memo.content = content
            progress = 1
            message = "\(content.files) files, \(Bytes.text(content.bytes)), \(Bytes.text(content.added)) new"
            (evidence.changed, evidence.unchanged) = (Int(clamping: new + changed), Int(clamping: unchanged))
            evidence.expected = Int(clamping: content.files)
        case .text(let text):
            let isFatal = text.hasPrefix("Fatal: ")
            if isFatal || memo.complaint?.hasPrefix("Fatal: ") != true, !text.isEmpty {
                memo.complaint = String(text.prefix(500))
            }
        case .other: break
        }
        if memo != before { evidence.memo = SpecCoding.text(memo) }
    }

    /// What callers of the API read of the run.
    var results: [String: JSONValue] {
        guard let content = memo.content else { return [:] }
        return [
            "snapshot": .string(content.snapshot), "files": .int(content.files), "bytes": .int(content.bytes),
            "added": .int(content.added),
        ]
    }

    /// `plain`: what the exit means for any process.
    func verdict(_ exit: TaskExit, _ plain: Verdict) -> Verdict {
        switch (exit.code, memo.content) {
        case (0, .some) where evidence.failed == 0: return plain
        case (0, .some), (3, .some): return Verdict(.warning, note: sentence)
        case (0, nil): return Verdict(.partial, note: "restic did not say that it made a version")
        case (VolumeBackupDriver.busyCode, nil) where memo.complaint == nil:
            return Verdict(.exit, note: "the repository was busy with exclusive work for too long")
        case (_, nil) where memo.complaint?.contains(Self.emptySign) == true:
            return Verdict(.warning, note: "the volume is empty: no version was made")
        default:
            var verdict = plain
            verdict.note = memo.complaint.map(ResticComplaint.words)
            return verdict
        }
    }

    /// restic makes no version of nothing.
    private static let emptySign = "snapshot is empty"

    private var sentence: String {
        let names = evidence.failures.prefix(3).joined(separator: ", ")
        return "\(evidence.failed) \(evidence.failed == 1 ? "item" : "items") could not be read: \(names)"
            + (evidence.failed > 3 ? ", …" : "")
    }
}

/// What restic complains about, with what to do.
enum ResticComplaint {
    private static let known: [(sign: String, words: String)] = [
        ("wrong password or no key found", "the stored password does not open the repository"),
        ("already locked", "another program holds a lock on the repository"),
        ("Is there a repository at the following location", "there is no repository at its place"),
        ("no space left on device", "the disk of the repository is full"),
        ("permission denied", "the server's user may not read or write something there"),
    ]

    static func words(_ complaint: String) -> String {
        let text = complaint.hasPrefix("Fatal: ") ? String(complaint.dropFirst(7)) : complaint
        let words = known.first { text.contains($0.sign) }?.words
        return words.map { "\($0) (\(text))" } ?? text
    }
}

/// Sizes as people read them.
enum Bytes {
    static func text(_ count: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(count)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(count) B" : String(format: "%.1f %@", value, units[unit])
    }
}
