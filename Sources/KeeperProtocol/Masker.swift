/// Replaces every form of some secrets in a stream of bytes, however it is cut into chunks. Overlapping
/// matches are hidden together. Only a suffix that may still become a match is held back.
package struct Masker: Sendable {
    package static let replacement = Array("•••".utf8)

    private let patterns: MaskPatterns
    private var state: Int32 = 0
    /// Bytes not yet written, and for each whether a match covers it.
    private var held: [UInt8] = []
    private var covered: [Bool] = []
    /// The last thing written was a replacement that the next covered byte belongs to.
    private var inReplacement = false

    package init(_ patterns: MaskPatterns) { self.patterns = patterns }

    /// Appends what is certain by now.
    package mutating func mask(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard !patterns.isEmpty else {
            output += bytes
            return
        }
        var index = 0
        while index < bytes.count {
            if state == 0 && held.isEmpty {
                index = copyPlain(bytes, from: index, into: &output)
                if index == bytes.count { return }
            }
            take(bytes[index], into: &output)
            index += 1
        }
    }

    /// Appends the rest: nothing follows.
    package mutating func finish(into output: inout [UInt8]) {
        release(held.count, into: &output)
        state = 0
        inReplacement = false
    }

    /// Copies up to the first byte that can begin a match and returns its index.
    private mutating func copyPlain(_ bytes: UnsafeRawBufferPointer, from start: Int, into output: inout [UInt8]) -> Int
    {
        var end = start
        patterns.roots.withUnsafeBufferPointer { roots in
            while end < bytes.count && roots[Int(bytes[end])] == 0 { end += 1 }
        }
        if end > start {
            output += UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            inReplacement = false
        }
        return end
    }

    private mutating func take(_ byte: UInt8, into output: inout [UInt8]) {
        held.append(byte)
        covered.append(false)
        state = patterns.next(state, byte)
        let match = Int(patterns.nodes[Int(state)].match)
        if match > 0 {
            for index in (covered.count - match)..<covered.count { covered[index] = true }
        }
        // A state without children cannot grow: what counts is its longest suffix that can.
        while state != 0 && patterns.nodes[Int(state)].firstChild < 0 { state = patterns.nodes[Int(state)].fail }
        release(held.count - Int(patterns.nodes[Int(state)].depth), into: &output)
    }

    private mutating func release(_ count: Int, into output: inout [UInt8]) {
        guard count > 0 else { return }
        for index in 0..<count {
            if !covered[index] {
                output.append(held[index])
            } else if !inReplacement {
                output += Self.replacement
            }
            inReplacement = covered[index]
        }
        held.removeFirst(count)
        covered.removeFirst(count)
    }
}
