import MartletCore
import Testing

@testable import Jobs

/// The subset of HCL 1 and what is none. rulings §12.
@Suite struct HCLParserTests {
    private func json(_ text: String) throws -> [String: JSONValue] { try HCLParser.body(text).json }

    private func problem(_ text: String) -> String? {
        do throws(HCLError) {
            _ = try HCLParser.body(text)
            return nil
        } catch {
            return error.text
        }
    }

    @Test func `values are read`() throws {
        let read = try json(
            #"""
            a = 1 // one
            b = -2.5e3 # two
            c = 0x1F /* three
            */ d = true
            e = [1, "x", [2], {f = 1},]
            g = "tab\t\"q\" é \u00e9 \x41 ${env["HOME"]} $${1}"
            "h i" = {}
            n = 010
            """#)
        #expect(read["a"] == 1 && read["b"] == .double(-2500) && read["c"] == 31 && read["d"] == true && read["n"] == 8)
        #expect(read["e"] == [1, "x", [2], ["f": 1]])
        #expect(read["g"] == .string("tab\t\"q\" é é A ${env[\"HOME\"]} $${1}"))
        #expect(read["h i"] == [[:]])
    }

    @Test func `blocks of one key are joined and labels are objects`() throws {
        let read = try json(#"a { x = 1 } a { x = 2 } b "l" "m" { y = 3 } c = 1 c = 2"#)
        #expect(read["a"] == [["x": 1], ["x": 2]])
        #expect(read["b"] == [["l": [["m": [["y": 3]]]]]])
        #expect(read["c"] == 2)
    }

    @Test func `heredocs keep their lines`() throws {
        #expect(try json("a = <<EOF\n x\n\ty \"\n  EOF\nb = 1") == ["a": " x\n\ty \"\n", "b": 1])
        #expect(try json("a = <<-EOF\n    x\n\n      y\n    EOF\n")["a"] == "x\n\n  y\n")
        #expect(try json("a = [<<EOF\nx\nEOF\n, 2]")["a"] == ["x\n", 2])
    }

    @Test(arguments: [
        ("a", "At 1:2: key 'a' expected start of object ('{') or assignment ('=')"),
        ("a = ", "At 1:5: Unknown token: EOF "),
        ("a = [1 2]", "At 1:8: error parsing list, expected comma or list end, got: NUMBER"),
        ("a = [", "At 1:6: unexpected token while parsing list: EOF"),
        ("a {\n  b = 1\n", "At 3:2: object expected closing RBRACE got: EOF"),
        ("a \"b\" = 1", "At 1:7: nested object expected: LBRACE got: ASSIGN"),
        ("= 1", "At 1:1: expected to find at least one object key"),
        ("{}", "At 1:1: expected: IDENT | STRING got: LBRACE"),
        ("}", "At 1:1: expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACE"),
        ("a = \"x\ny\"", "At 1:5: literal not terminated"),
        ("a = \"\\q\"", "At 1:6: illegal char escape"),
        ("a = \"\\ud800\"", "At 1:6: illegal char escape"),
        ("a = <<EOF\nx\n", "At 1:5: heredoc not terminated"),
        ("a = <<\nx\n", "At 1:5: zero-length heredoc anchor"),
        ("a = 99999999999999999999", "At 1:5: illegal number 99999999999999999999"),
        ("a = 1x", "At 1:5: illegal number 1x"),
        ("a = @", "At 1:5: illegal character"),
        ("/ a", "At 1:1: expected '/' for comment"),
        ("/* a", "At 1:1: comment not terminated"),
        ("a b c d e {}", "At 1:9: more than 3 labels"),
    ])
    func `what is no HCL is told with its place`(_ text: String, _ expected: String) {
        #expect(problem(text) == expected)
    }

    @Test func `depth and length are bounded`() {
        #expect(problem(String(repeating: "a {", count: 40))?.hasSuffix("nested deeper than 32 levels") == true)
        #expect(
            problem("a = " + String(repeating: "[", count: 60_000))?.hasSuffix("nested deeper than 32 levels") == true)
        #expect(problem(String(repeating: " ", count: 65_537))?.hasSuffix("longer than 65536 bytes") == true)
        #expect(problem(String(repeating: "a={}\n", count: 10_000)) == nil)
    }

    @Test func `no text makes the parser fall over`() {
        let parts = [
            "a", "{", "}", "[", "]", "=", ",", "\"", "\\", "${", "}", "<<E\n", "E\n", "<<-", "-", "1", ".", "0x", "/*",
            "*/", "#", "\n", "é", "\u{0}", "\"x\"", "true", "job",
        ]
        var generator = Seeded(state: 7)
        for _ in 0..<4000 {
            let text = (0..<Int.random(in: 1...24, using: &generator)).map { _ in
                parts.randomElement(using: &generator) ?? ""
            }.joined()
            if let problem = problem(text) { #expect(problem.hasPrefix("At ")) }
            _ = try? JobFile.json(text, isCanonical: true)
        }
    }

    @Test func `an indent of thousands of blanks is no work`() throws {
        let text =
            "a = <<-E\n" + String(repeating: " ", count: 30_000) + "x\n\t" + String(repeating: " ", count: 30_000)
            + "y\nE\n"
        #expect(try json(text)["a"]?.string?.utf8.count == 60_005)
    }
}

/// The same numbers in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
