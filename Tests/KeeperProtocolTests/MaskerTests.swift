import KeeperProtocol
import Testing

/// A small generator with a seed, so that a failure can be repeated (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

private func mask(_ chunks: [ArraySlice<UInt8>], _ patterns: MaskPatterns) -> [UInt8] {
    var masker = Masker(patterns)
    var output: [UInt8] = []
    for chunk in chunks { chunk.withUnsafeBytes { masker.mask($0, into: &output) } }
    masker.finish(into: &output)
    return output
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite struct MaskerTests {
    static let canaries = ["hunter2-canary", "p/s+w o&rd\"\\€ü", "line one-1\nline two-2\nx", "aaaaaa"]

    /// Written down apart from the code under test: what other programs print.
    static let printed: [(secret: String, form: String)] = [
        ("hunter2-canary", "hunter2-canary"),
        ("hunter2-canary", "aHVudGVyMi1jYW5hcn"),  // base64 from a byte 0, 1, 2 of a triple, without edges
        ("hunter2-canary", "h1bnRlcjItY2FuYXJ5"),
        ("hunter2-canary", "odW50ZXIyLWNhbmFye"),
        ("p/s+w o&rd\"\\€ü", "p%2Fs%2Bw%20o%26rd%22%5C%E2%82%AC%C3%BC"),
        ("p/s+w o&rd\"\\€ü", "p%2fs%2bw%20o%26rd%22%5c%e2%82%ac%c3%bc"),
        ("p/s+w o&rd\"\\€ü", "p/s%2Bw%20o%26rd%22%5C%E2%82%AC%C3%BC"),
        ("p/s+w o&rd\"\\€ü", "p%2Fs%2Bw+o%26rd%22%5C%E2%82%AC%C3%BC"),
        ("p/s+w o&rd\"\\€ü", "p/s+w o&rd\\\"\\\\€ü"),
        ("p/s+w o&rd\"\\€ü", "p\\/s+w o&rd\\\"\\\\\\u20ac\\u00fc"),
        ("line one-1\nline two-2\nx", "line one-1\\nline two-2\\nx"),
        ("line one-1\nline two-2\nx", "line two-2"),
        ("aaaaaa", "aaaaaa"),
    ]

    @Test(arguments: printed)
    func `every split of every printed form over three chunks is masked`(_ secret: String, _ form: String) {
        let patterns = MaskPatterns([Array(secret.utf8)])
        let bytes = Array("<\(form)>".utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let output = mask([bytes[..<first], bytes[first..<second], bytes[second...]], patterns)
                #expect(text(output) == "<•••>", "cut at \(first) and \(second)")
            }
        }
    }

    @Test func `text without secrets passes unchanged however it is cut`() {
        var random = Seeded(state: 1)
        let patterns = MaskPatterns(Self.canaries.map { Array($0.utf8) })
        // Letters of the canaries, so that prefixes begin all the time; never five in a row of one.
        let letters = Array("huntercay2-pl/\n\u{0}".utf8) + [0xFF, 0xE2]
        for _ in 0..<500 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<200, using: &random) {
                bytes.append(letters.randomElement(using: &random) ?? 0)
            }
            let cuts = [0, bytes.count] + (0..<2).map { _ in Int.random(in: 0...bytes.count, using: &random) }
            let sorted = cuts.sorted()
            let chunks = zip(sorted, sorted.dropFirst()).map { bytes[$0..<$1] }
            #expect(mask(chunks, patterns) == bytes)
        }
    }

    @Test func `secrets in random text leave nothing of themselves`() {
        var random = Seeded(state: 2)
        let secrets = ["hunter2-canary", "canary-hunter2", "ry-hun"].map { Array($0.utf8) }
        let patterns = MaskPatterns(secrets)
        for _ in 0..<500 {
            var bytes: [UInt8] = []
            for _ in 0..<6 {
                bytes += Array("hunter2-canary".utf8).prefix(Int.random(in: 0...13, using: &random))
                bytes += secrets.randomElement(using: &random) ?? []
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let output = text(mask([bytes[..<cut], bytes[cut...]], patterns))
            for secret in secrets { #expect(!output.contains(text(secret))) }
            #expect(output == text(mask([bytes[...]], patterns)))
        }
    }

    @Test func `overlapping secrets are hidden together`() {
        let patterns = MaskPatterns(["abcdef", "defghi", "abcdefghijk"].map { Array($0.utf8) })
        #expect(text(patterns.masked(Array("-abcdefghi-".utf8))) == "-•••-")
        #expect(text(patterns.masked(Array("-abcdefghijk-".utf8))) == "-•••-")
        #expect(text(patterns.masked(Array("-abcde-".utf8))) == "-abcde-")
    }

    @Test func `only a proper prefix of a secret is held back`() {
        var masker = Masker(MaskPatterns([Array("hunter2-canary".utf8)]))
        var output: [UInt8] = []
        Array("password: hunt".utf8).withUnsafeBytes { masker.mask($0, into: &output) }
        #expect(text(output) == "password: ")
        Array("ing".utf8).withUnsafeBytes { masker.mask($0, into: &output) }
        #expect(text(output) == "password: hunting")
        Array("hunter2-canary".utf8).withUnsafeBytes { masker.mask($0, into: &output) }
        #expect(text(output) == "password: hunting•••")
    }

    @Test func `a long secret is masked in linear time`() {
        let secret = Array(String(repeating: "0123456789abcdef", count: 4096).utf8)
        let patterns = MaskPatterns([secret])
        let bytes = Array("x".utf8) + secret + Array("y".utf8)
        #expect(text(mask([bytes[...]], patterns)) == "x•••y")
    }
}
