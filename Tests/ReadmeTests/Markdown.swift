import Foundation

/// What the tests need to know of one of the repository's documents.
struct Markdown {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    let path: String
    let headings: [(level: Int, title: String)]
    /// Bodies of the fenced blocks, with their language.
    let blocks: [(language: String, text: String)]
    /// Everything outside of fenced blocks.
    let prose: [Substring]

    /// `path` from the root of the repository.
    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
        var headings: [(Int, String)] = []
        var blocks: [(String, String)] = []
        var prose: [Substring] = []
        var open: (language: String, lines: [Substring])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let block = open { blocks.append((block.language, block.lines.joined(separator: "\n"))) }
                open = open == nil ? (String(line.dropFirst(3)), []) : nil
            } else if open != nil {
                open?.lines.append(line)
            } else {
                prose.append(line)
                let level = line.prefix { $0 == "#" }.count
                if level > 0 { headings.append((level, line.dropFirst(level).trimmingCharacters(in: .whitespaces))) }
            }
        }
        self.headings = headings
        self.blocks = blocks
        self.prose = prose
    }

    /// The commands that are executed, in order.
    var commands: [String] { blocks.filter { $0.language == "sh" }.map(\.text) }
    /// Those that are for `make`.
    var makeTargets: [String] {
        commands.flatMap { $0.split(separator: "\n") }.filter { $0.hasPrefix("make ") }.map { String($0.dropFirst(5)) }
    }
    /// Those that are for a running server.
    var session: [String] { commands.filter { !$0.hasPrefix("make ") } }

    /// Targets of links, without those to other sites.
    var links: [String] {
        prose.flatMap { line in line.matches(of: /\]\(([^)\s]+)\)/).map { String($0.output.1) } }
            .filter { !$0.hasPrefix("https://") && !$0.hasPrefix("http://") }
    }

    /// The anchors of its headings, as web views of repositories make them.
    var anchors: Set<String> {
        Set(
            headings.map { heading in
                String(
                    heading.title.lowercased().compactMap { character in
                        if character == " " { return "-" }
                        return character.isLetter || character.isNumber || character == "-" || character == "_"
                            ? character : nil
                    })
            })
    }

    /// Cells of the table whose first header is `header`, by row.
    func table(startingWith header: String) -> [[String]] {
        let rows = prose.map { line in
            line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        guard let first = rows.firstIndex(where: { $0.first == header && $0.count > 2 }) else { return [] }
        return Array(rows[first...].prefix { !$0.isEmpty })
    }

    /// Every document of the repository.
    static func all() throws -> [Markdown] {
        let files =
            FileManager.default.enumerator(atPath: root.appending(path: "docs").path)?.compactMap { $0 as? String }
            ?? []
        let docs = files.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
        return try (["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md"] + docs.sorted()).map(
            Markdown.init)
    }
}
