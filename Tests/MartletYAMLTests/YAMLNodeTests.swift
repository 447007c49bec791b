import MartletCore
import Testing

@testable import MartletYAML

@Suite struct YAMLNodeTests {
    private let node: YAMLNode?

    init() throws {
        node = try YAMLDocument.node(
            """
            - name: one
              env:
                HOME.DIR: x
              args: [a,
                     b]

            - name: two
            """)
    }

    @Test(arguments: [
        ("", 1), ("[0]", 1), ("[0].name", 1), ("[0].env", 2), ("[0].env.HOME.DIR", 3), ("[0].args[1]", 5),
        ("[1].name", 7), ("[1].missing", 7), ("[7]", 1), ("[0].env.OTHER", 2), ("[x", 1),
    ])
    func `a path leads to its line, or to its nearest parent's`(_ path: String, _ line: Int) throws {
        #expect(try #require(node).line(of: path) == line)
    }

    @Test func `scalars keep what was written`() throws {
        let node = try #require(try YAMLDocument.node("a: 0x10\nb: \"1\"\nc: 2.50\n"))
        #expect(node["a"]?.content == .scalar("0x10", isPlain: true))
        #expect(node["b"]?.content == .scalar("1", isPlain: false))
        #expect(node["c"]?.value == .double(2.5) && node["d"] == nil)
    }
}

extension YAMLNode {
    fileprivate subscript(key: String) -> YAMLNode? {
        guard case .mapping(let members) = content else { return nil }
        return members.first { $0.key == key }?.value
    }
}
