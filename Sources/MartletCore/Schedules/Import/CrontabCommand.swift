/// The command of a crontab's line: the text for the shell, and what it reads, as the signs % say.
struct CrontabCommand {
    let text: String
    /// Nil when there is no unescaped %.
    let input: String?

    init(_ raw: Substring) {
        var text = String.UnicodeScalarView()
        var rest = raw.unicodeScalars[...]
        var hasInput = false
        var isEscaped = false
        while let next = rest.popFirst() {
            if next == "%", !isEscaped {
                hasInput = true
                break
            }
            // The backslash before a % goes.
            if next == "%" { text.removeLast() }
            text.append(next)
            isEscaped = next == "\\" && !isEscaped
        }
        self.text = String(text)
        input = hasInput ? Self.input(rest) : nil
    }

    private static func input(_ rest: Substring.UnicodeScalarView) -> String {
        var input = String.UnicodeScalarView()
        for next in rest {
            if next == "%", input.last == "\\" {
                input.removeLast()
                input.append("%")
            } else {
                input.append(next == "%" ? "\n" : next)
            }
        }
        if let last = input.last, last != "\n" { input.append("\n") }
        return String(input)
    }

    /// An array for `execve`. With input, a pipe of its own feeds the command, whose exit code stays.
    func argv(shell: String) -> [String] {
        guard let input else { return [shell, "-c", text] }
        return ["/bin/sh", "-c", #"printf %s "$2" | "$0" -c "$1""#, shell, text, input]
    }

    /// Words that stand before the program that a command is about.
    private static let openers: Set<Substring> = [
        "[", "test", "cd", "command", "sudo", "nice", "ionice", "exec", "env", "if", "then", "true", "(", "{", "flock",
        "timeout", "time", "nohup", "sh", "bash", "null", "&&", "||",
    ]

    /// The last part of the first word that looks like a program.
    static func name(of command: String) -> Substring {
        let words = command.prefix(4096).split { " \t;()".contains($0) }.map { word in
            word.split(separator: "/").last ?? ""
        }
        return words.first { word in
            !openers.contains(word) && !word.contains("=") && !word.contains("$") && word.first != "-"
                && word.contains(where: \.isLetter)
        } ?? "cron"
    }
}

/// A line `NAME = value` of a crontab; both sides may be quoted.
enum CrontabVariable {
    /// Nil: the line is none.
    static func parse(_ line: Substring) -> (name: String, value: String)? {
        var rest = line
        var name: Substring
        if let quote = rest.first, quote == "\"" || quote == "'" {
            name = rest.dropFirst().prefix { $0 != quote }
            rest = rest.dropFirst(name.count + 1)
            guard rest.first == quote else { return nil }
            rest = rest.dropFirst()
        } else {
            name = rest.prefix { !" \t=".contains($0) }
            rest = rest.dropFirst(name.count)
        }
        rest = rest.drop { " \t".contains($0) }
        guard rest.first == "=" else { return nil }
        return (String(name), unquoted(rest.dropFirst()))
    }

    private static func unquoted(_ text: Substring) -> String {
        var value = text.drop { " \t".contains($0) }
        while let last = value.last, " \t".contains(last) { value.removeLast() }
        if value.count >= 2, let quote = value.first, quote == value.last, quote == "\"" || quote == "'" {
            value = value.dropFirst().dropLast()
        }
        return String(value)
    }
}
