/// A systemd unit file, line by line; format: systemd.syntax(7).
struct UnitFile {
    struct Line {
        let section: String
        let key: String
        let value: String
        /// From 1.
        let number: Int
        var text: String { "\(key)=\(value)" }
    }

    private(set) var lines: [Line] = []
    /// Lines that are neither a section, a comment nor `key=value`.
    private(set) var wrong: [(number: Int, text: String)] = []

    init(_ text: String) {
        var section = ""
        var joined = ""
        var start = 0
        for (index, raw) in (ScheduleImport.lines(text) + [""]).enumerated() {
            let line = Self.trimmed(raw[...])
            // Comments may stand between continued lines.
            if line.first == "#" || line.first == ";" { continue }
            if joined.isEmpty { start = index + 1 }
            if line.last == "\\" {
                joined += line.dropLast() + " "
                continue
            }
            let whole = Self.trimmed((joined + line)[...])
            joined = ""
            if whole.isEmpty { continue }
            if whole.first == "[", whole.last == "]" {
                section = String(whole.dropFirst().dropLast())
            } else if let equals = whole.firstIndex(of: "="), equals > whole.startIndex {
                let key = Self.trimmed(whole[..<equals])
                let value = Self.trimmed(whole[whole.index(after: equals)...])
                lines.append(Line(section: section, key: String(key), value: String(value), number: start))
            } else {
                wrong.append((start, String(whole)))
            }
        }
    }

    /// The lines of one key; an empty value takes back those before it.
    func all(_ section: String, _ key: String) -> [Line] {
        lines.filter { $0.section == section && $0.key == key }.reduce(into: []) { list, line in
            if line.value.isEmpty { list.removeAll() } else { list.append(line) }
        }
    }

    func last(_ section: String, _ key: String) -> Line? { all(section, key).last }

    /// False for everything that systemd takes for no.
    func isSet(_ section: String, _ key: String) -> Bool {
        ["1", "yes", "y", "true", "t", "on"].contains(last(section, key)?.value.lowercased() ?? "")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
