/// The `Accept-Encoding` header of a request (RFC 9110, 12.5.3).
package struct AcceptEncoding: Sendable {
    /// Whether gzip may be sent. What cannot be read is passed over.
    package let takesGzip: Bool

    /// `values`: of each header line.
    package init(_ values: [String]) {
        var (named, any) = (Bool?.none, Bool?.none)
        for item in values.lazy.flatMap({ $0.split(separator: ",") }) {
            let parts = item.split(separator: ";").map(Self.trimmed)
            guard let coding = parts.first?.lowercased() else { continue }
            let isTaken = Self.weight(parts.dropFirst()) > 0
            switch coding {
            case "gzip", "x-gzip": named = isTaken
            case "*": any = isTaken
            default: continue
            }
        }
        takesGzip = named ?? any ?? false
    }

    /// `q=…`, 1 where there is none, 0 for what is no number.
    private static func weight(_ parameters: ArraySlice<String>) -> Double {
        for parameter in parameters {
            let pair = parameter.split(separator: "=", maxSplits: 1).map(trimmed)
            if pair.first?.lowercased() == "q" { return pair.count == 2 ? Double(pair[1]) ?? 0 : 0 }
        }
        return 1
    }

    private static func trimmed(_ text: Substring) -> String {
        var rest = text
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
