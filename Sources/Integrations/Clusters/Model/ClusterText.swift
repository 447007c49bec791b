/// Texts of clusters that reach other machines as parts of files and commands: each has a narrow form.
enum ClusterText {
    static func problem(_ text: String, longest: Int, isOptional: Bool = false) -> String? {
        if text.isEmpty { return isOptional ? nil : "is missing" }
        if text.utf8.count > longest { return "is longer than \(longest) bytes" }
        // A remark may have lines.
        let isClean = text.unicodeScalars.allSatisfy {
            isPrintable($0) || isOptional && "\n\r\t".unicodeScalars.contains($0)
        }
        return isClean ? nil : "must not contain control characters"
    }

    /// Nothing that ends a line, or that a terminal acts on.
    static func isPrintable(_ scalar: UnicodeScalar) -> Bool {
        scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0x2028
            && scalar.value != 0x2029
    }

    static func isTemplate(_ text: String) -> Bool { ["{{", "{%", "{#"].contains { text.contains($0) } }

    static func isIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit) && (Int(part) ?? 256) <= 255
                    && (part.count == 1 || part.first != "0")
            }
    }

    /// Nil: it is one that can be deployed.
    static func versionProblem(_ text: String) -> String? {
        let core = text.prefix { $0 != "-" }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        let isSound =
            (2...4).contains(numbers.count)
            && numbers.allSatisfy { (1...4).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }
            && text.utf8.count <= 32
            && text.dropFirst(core.count).utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || isDash($0) }
            && text.last != "-"
        guard isSound else { return "expected a version such as 1.2.0" }
        let parts = numbers.compactMap { Int($0) }
        return parts.lexicographicallyPrecedes([1, 2]) ? "must be 1.2.0 or later" : nil
    }

    static func isUser(_ text: String) -> Bool {
        guard let first = text.utf8.first, (1...32).contains(text.utf8.count), text != "root" else { return false }
        return (isLower(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "_") || isDash($0) }
    }

    static func isDirectory(_ text: String) -> Bool {
        guard text.hasPrefix("/"), text.utf8.count <= 255 else { return false }
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && !part.hasPrefix("-")
                && part.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || isDash($0) }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDash(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") }
    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLower(byte) || (0x41...0x5A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
