package import MartletCore

/// `${params.name}` references in arguments and environment values.
package enum Template {
    private static let opening = "${params."

    static func mentionsParam(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "$")) && text.contains(opening)
    }

    /// Replaces every reference; an unknown or unset parameter is a problem.
    package static func fill(
        _ text: String, with params: [String: JSONValue], at field: String, problems: Fields.Problems
    ) -> String {
        guard mentionsParam(text) else { return text }
        var out = ""
        var rest = text[...]
        while let start = rest.range(of: opening) {
            out += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                problems.add(field, "has ${params. without a closing brace")
                return out
            }
            let name = String(rest[..<end])
            rest = rest[rest.index(after: end)...]
            if let value = params[name]?.scalarText {
                out += value
            } else {
                problems.add(field, "names the parameter \(name), which is not declared, is secret or has no value")
            }
        }
        return out + rest
    }
}

extension Substring {
    /// The first occurrence of `needle`, by bytes.
    fileprivate func range(of needle: String) -> Range<Index>? {
        let pattern = Array(needle.utf8)
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: pattern) {
                return start..<utf8.index(start, offsetBy: pattern.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
