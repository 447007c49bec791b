import MartletCore

extension LoadLine {
    /// What one line says, several things where the program left out a line end. Bytes that are no UTF-8 become U+FFFD.
    static func facts(in line: [UInt8]) -> [LoadLine] {
        var text = line[...]
        while let byte = text.last, byte == 0x0D || byte == 0x20 { text.removeLast() }
        var reader = LoadLineReader(text)
        var facts: [LoadLine] = []
        while let fact = reader.next() { facts.append(fact) }
        return facts
    }
}

/// Reads one line, in a time that grows with its length whatever it holds: a program may write very much without a line
/// end, and such text comes in pieces that may begin and end anywhere.
private struct LoadLineReader {
    private var rest: ArraySlice<UInt8>
    /// Where the sentences begin that may follow each other without a line end, those behind us left out; nil: not
    /// looked for yet.
    private var glued: ArraySlice<Int>?
    /// Where each ending was seen last: what needs it cannot begin behind.
    private var lastSeen: [[UInt8]: Int] = [:]

    init(_ text: ArraySlice<UInt8>) { rest = text }

    /// Nil at the end.
    mutating func next() -> LoadLine? {
        while !rest.isEmpty {
            if let fact = first() { return fact }
        }
        return nil
    }

    /// Takes at least one thing off.
    private mutating func first() -> LoadLine? {
        if rest.first == UInt8(ascii: "/") { return path() }
        // One look at each byte: most of what is written is none of this.
        for index in rest.indices {
            if rest[index] == Self.ignored[0], rest[index...].starts(with: Self.ignored) {
                return ignored(rest[(index + Self.ignored.count)...])
            }
            for sentence in Self.sentencesByLetter[Int(rest[index])] where rest[index...].starts(with: sentence.start) {
                let said = rest[(index + sentence.start.count)...]
                if let ending = sentence.ending, last(ending) < said.startIndex { continue }
                if let found = sentence.read(said) {
                    rest = found.rest
                    return found.fact
                }
            }
        }
        rest = []
        return nil
    }

    private mutating func last(_ ending: [UInt8]) -> Int {
        if let seen = lastSeen[ending] { return seen }
        let seen = rest.ranges(of: ending).last?.lowerBound ?? -1
        lastSeen[ending] = seen
        return seen
    }

    /// What there is before the next sentence of those that need no line end.
    private mutating func part(from index: Int) -> ArraySlice<UInt8> {
        let next = (glued ?? rest.ranges(of: Self.ignored).map(\.lowerBound)[...]).drop { $0 < index }
        glued = next
        return rest[index..<(next.first ?? rest.endIndex)]
    }

    /// `PATH loading`, `PATH is already fully loaded in GooseFS`, or a name in a list. `PATH is in incomplete status` is
    /// the rest of a sentence that came in two pieces.
    private mutating func path() -> LoadLine {
        let text = part(from: rest.startIndex)
        if let range = text.firstRange(of: Self.incomplete) {
            rest = rest[range.upperBound...]
            return .failed(Self.name(text[..<range.lowerBound]))
        }
        rest = rest[text.endIndex...]
        for ending in Self.alreadyThere {
            if let range = text.firstRange(of: ending) { return .present(Self.name(text[..<range.lowerBound])) }
        }
        if text.ends(with: Self.loading) { return .begun(Self.name(text.dropLast(Self.loading.count))) }
        return .path(Self.name(text))
    }

    /// `PATH is in incomplete status`, or any other reason: then it is not known where it ends, and what follows counts
    /// when it is a sentence. Nil where the line was cut off behind the first words.
    private mutating func ignored(_ said: ArraySlice<UInt8>) -> LoadLine? {
        let text = part(from: said.startIndex)
        if let range = text.firstRange(of: Self.incomplete) {
            rest = rest[range.upperBound...]
            return .failed(Self.name(text[..<range.lowerBound]))
        }
        let next = text.indices.first { index in
            Self.sentencesByLetter[Int(text[index])].contains { text[index...].starts(with: $0.start) }
        }
        rest = rest[(next ?? text.endIndex)...]
        return text.isEmpty ? nil : .ignored
    }

    private static let ignored = Array("Ignored load because: ".utf8)
    private static let incomplete = Array(" is in incomplete status".utf8)
    private static let alreadyThere = [
        Array(" is already fully loaded in GooseFS".utf8), Array(" is already fully loaded in Alluxio".utf8),
    ]
    private static let loading = Array(" loading".utf8)

    // MARK: Sentences

    private struct Sentence: Sendable {
        typealias Found = (fact: LoadLine, rest: ArraySlice<UInt8>)

        let start: [UInt8]
        /// Without this after it, it is something else.
        let ending: [UInt8]?
        /// Reads what follows the start; nil: it was something else.
        let read: @Sendable (ArraySlice<UInt8>) -> Found?

        init(_ start: String, ending: String? = nil, _ read: @escaping @Sendable (ArraySlice<UInt8>) -> Found?) {
            self.start = Array(start.utf8)
            self.ending = ending.map { Array($0.utf8) }
            self.read = read
        }

        /// A sentence that says one thing, to the end of its line.
        static func plain(_ start: String, _ fact: LoadLine) -> Sentence { Sentence(start) { _ in (fact, []) } }
    }

    private static let sentences: [Sentence] = [
        Sentence("Successfully loaded path ") { (.loaded(name(before(" after ", " attempts", in: $0))), []) },
        Sentence("Failed to complete loading ") { (.failed(name(before(" after ", " retries.", in: $0))), []) },
        Sentence("Attempt ", ending: failedBecause, attempt),
        Sentence("(Retry ", ending: ") Failed to start job") { _ in (.startFailed, []) },
        // It may have no line end.
        Sentence("Ignore load ", ending: leftOut) { text in
            text.firstRange(of: Array(leftOut.utf8)).map { (.leftOut(number(at: text) ?? 0), text[$0.upperBound...]) }
        },
        Sentence("Completed count is ", ending: countIs, totals),
        Sentence("Total completed file count is ", ending: countIs, totals),
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

    private static let failedBecause = " failed because"
    private static let leftOut = "paths because they are in incomplete status"
    private static let countIs = " count is "

    /// `N to load PATH failed because: …`
    private static func attempt(_ text: ArraySlice<UInt8>) -> Sentence.Found? {
        let digits = text.prefix { (0x30...0x39).contains($0) }
        let load = Array(" to load ".utf8)
        let rest = text.dropFirst(digits.count)
        guard !digits.isEmpty, rest.starts(with: load), let end = rest.firstRange(of: Array(failedBecause.utf8))
        else { return nil }
        return (.attemptFailed(name(rest.dropFirst(load.count).prefix(upTo: end.lowerBound))), [])
    }

    /// `N,Failed count is M.` and `N, failed file count is M`.
    private static func totals(_ text: ArraySlice<UInt8>) -> Sentence.Found? {
        guard let completed = number(at: text),
            let range = text.firstRange(of: Array(countIs.utf8)),
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
