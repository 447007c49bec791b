import MartletTesting
import Testing

@testable import MartletCore

@Suite struct RightsTests {
    /// By definition, and slowly.
    private static func matches(_ pattern: Substring, _ text: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return text.indices.contains { matches(pattern.dropFirst(), text[$0...]) }
                || matches(pattern.dropFirst(), "")
        }
        return text.first == first && matches(pattern.dropFirst(), text.dropFirst())
    }

    @Test func `a pattern matches what its definition says`() throws {
        var random = SeededRandom(seed: 7)
        func word(_ letters: String, _ range: ClosedRange<Int>) -> String {
            String(
                (0..<Int.random(in: range, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
        }
        var found = (yes: 0, no: 0)
        for _ in 0..<20_000 {
            let (text, pattern) = (word("ab-", 0...8), word("ab*-", 1...6))
            let wanted = Self.matches(pattern[...], text[...])
            #expect(try #require(NamePattern(pattern)).matches(text) == wanted, "\(pattern) \(text)")
            if wanted { found.yes += 1 } else { found.no += 1 }
        }
        #expect(found.yes > 500 && found.no > 500)
    }

    @Test func `a hostile pattern takes no time`() throws {
        let pattern = try #require(NamePattern(String(repeating: "a*", count: 127)))
        #expect(!pattern.matches(String(repeating: "a", count: 126)))
        #expect(
            NamePattern("") == nil && NamePattern("a\n") == nil
                && NamePattern(String(repeating: "a", count: 257)) == nil)
    }

    @Test func `rights cover what every rule admits`() throws {
        let own = try #require(NamePattern("own-*"))
        let db = try #require(NamePattern("db"))
        let both = Rights(role: .read, jobs: [own], labels: ["team": db])
        #expect(both.covers(job: "own-a", labels: ["team": "db", "x": "y"]))
        #expect(!both.covers(job: "own-a", labels: [:]))
        #expect(!both.covers(job: "other", labels: ["team": "db"]))
        #expect(!both.covers(job: nil, labels: ["team": "db"]))
        #expect(Rights(role: .read).covers(job: nil, labels: [:]))
        #expect(!Rights(role: .read, jobs: [own]).covers(job: nil, labels: [:]))
        #expect(Rights.Role.read < .run && Rights.Role.run < .admin)
    }
}
