import MartletCore

/// A fact in the output of `fs distributedLoad`, in either of its two formats: one job for each file (1.x), or one
/// command for all (2.8 and later).
enum LoadLine: Sendable, Hashable {
    /// A line that only this command writes, and that counts nothing.
    case known
    /// The file is new in the cache.
    case loaded(String)
    /// The file was there already.
    case present(String)
    /// The file's load was handed in.
    case begun(String)
    /// One attempt failed; there may be another.
    case attemptFailed(String)
    /// The file is given up.
    case failed(String)
    /// A job could not be handed in; there may be another attempt.
    case startFailed
    /// What the program counted.
    case totals(completed: Int, failed: Int)
    /// So many files were left out.
    case leftOut(Int)
    /// The names of failed files follow, one on each line.
    case failuresFollow
    case failuresEnd
    /// A line that begins with a path; only a list of failed files gives it a meaning.
    case path(String)
}

extension LoadLine {
    /// What one line says, several things where the program left out a line end. Bytes that are no UTF-8 become U+FFFD.
    static func facts(in line: [UInt8]) -> [LoadLine] {
        var facts: [LoadLine] = []
        var rest = line[...]
        while let byte = rest.last, byte == 0x0D || byte == 0x20 { rest.removeLast() }
        while !rest.isEmpty {
            let (fact, after) = first(in: rest)
            if let fact { facts.append(fact) }
            rest = after
        }
        return facts
    }

    private typealias Found = (fact: LoadLine?, rest: ArraySlice<UInt8>)

    private static func first(in text: ArraySlice<UInt8>) -> Found {
        if text.first == UInt8(ascii: "/") { return (path(text), []) }
        // One look at each byte: a program may write very much that is none of this.
        for index in text.indices {
            for sentence in sentencesByLetter[Int(text[index])] where text[index...].starts(with: sentence.start) {
                if let found = sentence.read(text[(index + sentence.start.count)...]) { return found }
            }
        }
        return (nil, [])
    }

    /// `PATH loading`, `PATH is already fully loaded in GooseFS`, or a name in a list.
    private static func path(_ text: ArraySlice<UInt8>) -> LoadLine {
        for ending in alreadyThere {
            if let range = text.firstRange(of: ending) { return .present(name(text[..<range.lowerBound])) }
        }
        if text.ends(with: Self.loading) { return .begun(name(text.dropLast(Self.loading.count))) }
        return .path(name(text))
    }

    private static let alreadyThere = [
        Array(" is already fully loaded in GooseFS".utf8), Array(" is already fully loaded in Alluxio".utf8),
    ]
    private static let loading = Array(" loading".utf8)

    // MARK: Sentences

    private struct Sentence: Sendable {
        let start: [UInt8]
        /// Reads what follows the start; nil: it was something else.
        let read: @Sendable (ArraySlice<UInt8>) -> Found?

        init(_ start: String, _ read: @escaping @Sendable (ArraySlice<UInt8>) -> Found?) {
            self.start = Array(start.utf8)
            self.read = read
        }

        /// A sentence that says one thing, to the end of its line.
        static func plain(_ start: String, _ fact: LoadLine) -> Sentence { Sentence(start) { _ in (fact, []) } }
    }

    private static let sentences: [Sentence] = [
        Sentence("Successfully loaded path ") { (.loaded(name(before(" after ", " attempts", in: $0))), []) },
        Sentence("Failed to complete loading ") { (.failed(name(before(" after ", " retries.", in: $0))), []) },
        Sentence("Attempt ", attempt),
        Sentence("(Retry ") { text in
            text.firstRange(of: Array(") Failed to start job".utf8)).map { _ in (.startFailed, []) }
        },
        // These two may have no line end.
        Sentence("Ignored load because: ") { text in
            text.firstRange(of: incomplete).map { range in
                (.failed(name(text[..<range.lowerBound])), text[range.upperBound...])
            }
        },
        Sentence("Ignore load ") { text in
            let end = Array("paths because they are in incomplete status".utf8)
            return text.firstRange(of: end).map { (.leftOut(number(at: text) ?? 0), text[$0.upperBound...]) }
        },
        Sentence("Completed count is ", totals), Sentence("Total completed file count is ", totals),
        Sentence("Here are failed files:") { text in
            let names = text.drop { $0 == 0x20 }
            return (.failuresFollow, names)
        },
        .plain("Check out ", .failuresEnd), .plain("Allow up to ", .known),
        .plain("Please wait for command submission to finish", .known), .plain("Submitted successfully", .known),
        .plain("Waiting for the command to finish", .known), .plain("Get command status information below", .known),
        .plain("Finished running the command", .failuresEnd),
    ]

    /// By the first byte of their start.
    private static let sentencesByLetter: [[Sentence]] = (0..<256).map { byte in
        sentences.filter { $0.start.first.map(Int.init) == byte }
    }

    private static let incomplete = Array(" is in incomplete status".utf8)

    /// `N to load PATH failed because: …`
    private static func attempt(_ text: ArraySlice<UInt8>) -> Found? {
        let digits = text.prefix { (0x30...0x39).contains($0) }
        let load = Array(" to load ".utf8)
        let rest = text.dropFirst(digits.count)
        guard !digits.isEmpty, rest.starts(with: load), let end = rest.firstRange(of: Array(" failed because".utf8))
        else { return nil }
        return (.attemptFailed(name(rest.dropFirst(load.count).prefix(upTo: end.lowerBound))), [])
    }

    /// `N,Failed count is M.` and `N, failed file count is M`.
    private static func totals(_ text: ArraySlice<UInt8>) -> Found? {
        guard let completed = number(at: text),
            let range = text.firstRange(of: Array(" count is ".utf8)),
            let failed = number(at: text[range.upperBound...])
        else { return nil }
        return (.totals(completed: completed, failed: failed), [])
    }

    /// Digits, with commas between them perhaps, bounded.
    private static func number(at text: ArraySlice<UInt8>) -> Int? {
        let digits = text.prefix { (0x30...0x39).contains($0) }
        return digits.count <= 15 ? Int(String(decoding: digits, as: UTF8.self)) : nil
    }

    /// What stands before `start`, when digits and `end` follow it and nothing more; else all of it.
    private static func before(_ start: String, _ end: String, in text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let (start, end) = (Array(start.utf8), Array(end.utf8))
        guard text.ends(with: end) else { return text }
        let head = text.dropLast(end.count)
        let digits = head.reversed().prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, head.dropLast(digits.count).ends(with: start) else { return text }
        return head.dropLast(digits.count + start.count)
    }

    private static func name(_ bytes: ArraySlice<UInt8>) -> String { String(repairing: bytes) }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
