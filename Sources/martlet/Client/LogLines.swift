import MartletCore

/// A run's log for programs: one object a line, `{"line": …}`; bytes that are no UTF-8 are replaced.
struct LogLines {
    let client: APIClient
    let run: String

    func print(_ query: [String], follow: Bool) async throws {
        var rest: [UInt8] = []
        let wish = query + (follow ? ["follow=true"] : [])
        let path = "/api/runs/\(URLText.encode(run))/log?" + wish.joined(separator: "&")
        try await client.stream(path) { bytes in
            rest += bytes
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                Terminal.print(Self.line(rest[..<end]))
                rest.removeSubrange(...end)
            }
        }
        if !rest.isEmpty { Terminal.print(Self.line(rest[...])) }
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> String {
        JSONText.line(["line": .string(String(decoding: bytes, as: UTF8.self))])
    }
}
