import MartletCore
import Testing

@testable import MartletYAML

@Suite struct YAMLTests {
    @Test func `the core schema is read as plain data`() throws {
        let value = try YAMLDocument.parse(
            """
            on: no
            mask: 0027
            count: 12
            ratio: 1.5
            flag: true
            quoted: "12"
            empty:
            list: [a, 2]
            script: |
              echo $HOME && true
            """)
        #expect(
            value
                == .object(
                    [
                        "on": "no", "mask": "0027", "count": 12, "ratio": .double(1.5), "flag": true, "quoted": "12",
                        "empty": .null, "list": ["a", 2], "script": "echo $HOME && true",
                    ].mapValues { $0 == "echo $HOME && true" ? "echo $HOME && true" : $0 }))
    }

    @Test(arguments: [
        ("a: 1\na: 2", 2), ("a: &x 1\nb: *x", 1), ("a:\n  - b\n c: d", 3), ("a: !!binary aGk=", 1),
        ("a: 1\n---\nb: 2", 2),
        ("? [x]\n: 1", 1), ("a: [", 2),
    ])
    func `what is not plain data is refused with its line`(text: String, line: Int) throws {
        let failure = try #require(throws: YAMLDocument.Failure.self) { try YAMLDocument.parse(text) }
        #expect(failure.line == line, "\(failure)")
    }

    @Test func `depth and size are bounded`() throws {
        #expect(throws: YAMLDocument.Failure.self) { try YAMLDocument.parse(String(repeating: "[", count: 900_000)) }
        #expect(throws: YAMLDocument.Failure.self) {
            try YAMLDocument.parse(String(repeating: "- ", count: 400_000) + "x")
        }
        #expect(throws: YAMLDocument.Failure.self) { try YAMLDocument.parse(String(repeating: "x", count: 2 << 20)) }
        let deep = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(throws: Never.self) { try YAMLDocument.parse(deep) }
    }

    @Test func `an empty document is null`() throws {
        #expect(try YAMLDocument.parse("") == .null)
        #expect(try YAMLDocument.parse("# only a comment\n") == .null)
    }
}
