import Foundation

/// A secret value that is looked for wherever it must not be. It has stretches of random letters and digits, which no
/// escaping changes, between bytes that each escaping writes in its own way.
struct Canary: Sendable {
    let number: Int
    let value: String
    /// Byte ranges of the random stretches.
    private let stretches: [Range<Int>]

    /// `number` chooses the shape.
    init(_ number: Int) {
        self.number = number
        let joints = [[], ["+/&= %"], ["\"\\\té密"], ["\n", "\n"]][number % 4]
        var text = Self.stretch()
        var stretches = [0..<text.utf8.count]
        for joint in joints {
            text += joint
            let start = text.utf8.count
            text += Self.stretch()
            stretches.append(start..<text.utf8.count)
        }
        value = text
        self.stretches = stretches
    }

    private static func stretch() -> String {
        String((0..<14).map { _ in "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789".randomElement() ?? "x" })
    }

    /// Every eight bytes that lie wholly in a random stretch, in plain (which is also the URL and the JSON form) and in
    /// base64, whatever stands before: a part that came through is a leak, too.
    var windows: Set<UInt64> {
        let bytes = Array(value.utf8)
        var windows: Set<UInt64> = []
        for stretch in stretches {
            windows.formUnion(Self.windows(of: bytes[stretch]))
            for alignment in 0..<3 {
                // Whole groups of three bytes are whole groups of four characters.
                let first = stretch.lowerBound + (3 - (alignment + stretch.lowerBound) % 3) % 3
                let whole = bytes[first..<first + (stretch.upperBound - first) / 3 * 3]
                windows.formUnion(Self.windows(of: ArraySlice(Data(whole).base64EncodedString().utf8)))
            }
        }
        return windows
    }

    private static func windows(of bytes: ArraySlice<UInt8>) -> [UInt64] {
        bytes.indices.dropLast(7).map { start in
            bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}

/// Finds canaries in whatever bytes.
struct CanarySearch: Sendable {
    private var owners: [UInt64: Int] = [:]
    /// Which windows there may be, by a few bits of each: most bytes need no look into the dictionary.
    private var sieve = [Bool](repeating: false, count: 1 << 20)

    init(_ canaries: [Canary]) {
        for canary in canaries {
            for window in canary.windows {
                owners[window] = canary.number
                sieve[Self.place(window)] = true
            }
        }
    }

    /// Numbers of the canaries of which eight bytes or more are there.
    func found(in bytes: some Collection<UInt8>) -> Set<Int> {
        var found: Set<Int> = []
        var window: UInt64 = 0
        sieve.withUnsafeBufferPointer { sieve in
            for byte in bytes {
                window = window << 8 | UInt64(byte)
                if sieve[Self.place(window)], let owner = owners[window] { found.insert(owner) }
            }
        }
        return found
    }

    private static func place(_ window: UInt64) -> Int { Int((window &* 0x9E37_79B9_7F4A_7C15) >> 44) }
}
