import MartletCore
import Testing

@Suite struct RepairedTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let text: String

        init(_ description: String, _ bytes: [UInt8], _ text: String) {
            (self.testDescription, self.bytes, self.text) = (description, bytes, text)
        }
    }

    static let valid: [Case] = [
        Case("nothing", [], ""),
        Case("ASCII", Array("ab c".utf8), "ab c"),
        Case("a zero byte is kept", [0x61, 0x00, 0x62], "a\u{0}b"),
        Case("each length", Array("aé中😀".utf8), "aé中😀"),
        Case("a replacement mark of the input", [0xEF, 0xBF, 0xBD], "\u{FFFD}"),
        Case("first of two bytes", [0xC2, 0x80], "\u{80}"),
        Case("first of three bytes", [0xE0, 0xA0, 0x80], "\u{800}"),
        Case("last before the surrogates", [0xED, 0x9F, 0xBF], "\u{D7FF}"),
        Case("first after the surrogates", [0xEE, 0x80, 0x80], "\u{E000}"),
        Case("first of four bytes", [0xF0, 0x90, 0x80, 0x80], "\u{10000}"),
        Case("last of all", [0xF4, 0x8F, 0xBF, 0xBF], "\u{10FFFF}"),
    ]

    static let broken: [Case] = [
        Case("a lone continuation", [0x61, 0x80, 0x62], "a\u{FFFD}b"),
        Case("a lone lead at the end", [0x61, 0xC3], "a\u{FFFD}"),
        Case("three bytes cut to two", [0xE4, 0xB8], "\u{FFFD}\u{FFFD}"),
        Case("three bytes cut to two, then ASCII", [0xE4, 0xB8, 0x61], "\u{FFFD}\u{FFFD}a"),
        Case("four bytes cut to three", [0xF0, 0x9F, 0x98, 0x78], "\u{FFFD}\u{FFFD}\u{FFFD}x"),
        Case("a cut sequence before a whole one", [0xE4, 0xB8, 0xE4, 0xB8, 0xAD], "\u{FFFD}\u{FFFD}中"),
        Case("overlong, two bytes", [0xC0, 0xAF, 0xC1, 0xBF], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        Case("overlong, three bytes", [0xE0, 0x9F, 0xBF], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        Case("overlong, four bytes", [0xF0, 0x8F, 0xBF, 0xBF], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        Case("a high surrogate", [0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        Case("a low surrogate", [0xED, 0xBF, 0xBF], "\u{FFFD}\u{FFFD}\u{FFFD}"),
        Case("beyond the last", [0xF4, 0x90, 0x80, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        Case("leads that never occur", [0xF5, 0xF8, 0xFE, 0xFF], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        Case("a zero byte among bad ones", [0xFF, 0x00, 0xFF], "\u{FFFD}\u{0}\u{FFFD}"),
    ]

    @Test(arguments: valid) func `valid text stays as it is`(_ item: Case) {
        #expect(Array(String(repairing: item.bytes).utf8) == Array(item.text.utf8))
        let marked = Array(("\u{FFFD}" + item.text).utf8)
        #expect(Array(String(repairing: [0xFF] + item.bytes).utf8) == marked)
    }

    @Test(arguments: broken) func `every bad byte gets its own mark`(_ item: Case) {
        #expect(Array(String(repairing: item.bytes).utf8) == Array(item.text.utf8))
        #expect(Array(String(repairing: item.bytes.dropFirst(0)).utf8) == Array(item.text.utf8))
    }
}
