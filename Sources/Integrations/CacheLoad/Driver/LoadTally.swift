import MartletCore

/// What the output of a load proved so far, counted in files.
struct LoadTally: Sendable {
    private(set) var evidence: Evidence
    private var memo: LoadMemo

    init(_ evidence: Evidence?) {
        self.evidence = evidence ?? Evidence()
        memo = LoadMemo(self.evidence.memo)
    }

    /// Files that are new in the cache.
    var loaded: Int { evidence.changed }
    /// Files that were there before.
    var present: Int { evidence.unchanged }
    /// Files that failed, those included whose last attempt failed and nothing came after.
    var failed: Int { max(evidence.failed, memo.named + memo.open.count) }
    /// Their names, as far as they are known and kept.
    var failures: [String] { Array((evidence.failures + memo.open).prefix(Evidence.mostFailures)) }
    var done: Int { loaded + present + failed }
    /// Whether every failed file has its name in `failures`.
    var knowsFailures: Bool { failed == failures.count }

    /// `n/m` files; `n/?` as long as the number of all is not known.
    var progress: String { "\(done)/\(evidence.expected.map { String(max($0, done)) } ?? "?")" }

    /// 0…1, nil when unknown.
    var share: Double? {
        guard let expected = evidence.expected, max(expected, done) > 0 else { return nil }
        return Double(done) / Double(max(expected, done))
    }

    mutating func take(_ fact: LoadLine) {
        let before = memo
        memo.isKnown = true
        switch fact {
        case .known: break
        case .loaded(let path):
            memo.open.removeAll { $0 == path }
            evidence.changed += 1
        case .present:
            evidence.unchanged += 1
            evidence.expected = (evidence.expected ?? 0) + 1
        case .begun: evidence.expected = (evidence.expected ?? 0) + 1
        case .attemptFailed(let path):
            if !memo.open.contains(path), !evidence.failures.contains(path), memo.open.count < LoadMemo.mostOpen {
                memo.open.append(path)
            }
        case .failed(let path): fail(path)
        case .ignored: memo.named += 1
        case .startFailed: memo.startFailed = true
        case .totals(let completed, let failed):
            evidence.expected = max(evidence.expected ?? 0, completed + failed)
            memo.declared = max(memo.declared, failed)
        case .leftOut(let count): memo.declared = max(memo.declared, count)
        case .failuresFollow: memo.isListing = true
        case .failuresEnd: memo.isListing = false
        case .path(let text):
            if memo.isListing {
                fail(text.hasSuffix(",") ? String(text.dropLast()) : text)
            } else {
                memo.isKnown = before.isKnown
            }
        }
        evidence.failed = max(memo.named, memo.declared)
        if memo != before { evidence.memo = memo.text }
    }

    /// A file may be told of both by its name and in a number: it counts once.
    private mutating func fail(_ path: String) {
        memo.open.removeAll { $0 == path }
        evidence.failed = memo.named
        evidence.fail(path)
        memo.named = evidence.failed
    }

    /// The failed files, when loading them makes up for all that is missing below `place`; else nil. Names come from the
    /// program's output: one that may be cut or changed would load something else.
    func retriable(of place: String) -> [String]? {
        guard !failures.isEmpty, knowsFailures, (evidence.expected ?? 0) <= done else { return nil }
        let areSound = failures.allSatisfy { name in
            name.utf8.count < CachePath.longest && !name.unicodeScalars.contains("\u{FFFD}")
                && CachePath.problem(in: name, allowingWildcards: false) == nil && CachePath.isWithin(name, place)
        }
        return areSound ? failures : nil
    }

    /// The counts alone.
    var withoutNames: Evidence {
        var counts = Evidence()
        (counts.changed, counts.unchanged, counts.failed) = (evidence.changed, evidence.unchanged, failed)
        counts.expected = evidence.expected
        return counts
    }

    /// What exit code 0 is worth.
    var verdict: Verdict {
        if failed > 0 { return Verdict(.partial, note: sentence) }
        let missing = (evidence.expected ?? 0) - done
        if memo.startFailed, missing > 0 || done == 0 {
            return Verdict(.partial, note: "\(done) files are loaded, and jobs could not be started for more")
        }
        if missing > 0 {
            return Verdict(.partial, note: "of \(missing) files the program did not say what became of them")
        }
        if loaded > 0 { return Verdict(.ok) }
        if present > 0 { return Verdict(.nothingToDo, note: "all \(present) files were in the cache already") }
        if memo.isKnown { return Verdict(.nothingToDo, note: "there was no file to load") }
        return Verdict(.warning, note: "the program wrote nothing that proves a load")
    }

    private var sentence: String {
        let names = failures.prefix(3).joined(separator: ", ")
        let more = failed > 3 ? ", …" : ""
        return
            "\(failed) of \(max(done, evidence.expected ?? 0)) files failed\(names.isEmpty ? "" : ": \(names)\(more)")"
    }
}

/// What has to be remembered between two lines. Kept as text: the first line has the numbers, each further one a path.
struct LoadMemo: Sendable, Hashable {
    /// More attempts than this are not open at once; what is beyond is told of again when it is given up.
    static let mostOpen = 200

    /// Some line was one that only this command writes.
    var isKnown = false
    /// Within a list of failed files.
    var isListing = false
    /// A job could not be handed in at the first attempt.
    var startFailed = false
    /// Failed files that were told of one by one.
    var named = 0
    /// Failed files by the program's own count.
    var declared = 0
    /// Files whose last attempt failed and of which nothing was said since.
    var open: [String] = []

    init(_ text: String?) {
        let lines = text?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        let words = lines.first?.split(separator: " ").map(String.init) ?? []
        guard words.count == 3 else { return }
        isKnown = words[0].contains("k")
        isListing = words[0].contains("l")
        startFailed = words[0].contains("s")
        named = Int(words[1]) ?? 0
        declared = Int(words[2]) ?? 0
        open = lines.dropFirst().map(String.init)
    }

    var text: String {
        let flags = "-" + (isKnown ? "k" : "") + (isListing ? "l" : "") + (startFailed ? "s" : "")
        return (["\(flags) \(named) \(declared)"] + open).joined(separator: "\n")
    }
}
