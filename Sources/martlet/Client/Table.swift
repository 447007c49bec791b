import Foundation
import MartletCore

/// Columns aligned for people.
struct Table {
    struct Cell {
        var text: String
        var colour: Terminal.Colour?
        init(_ text: String, _ colour: Terminal.Colour? = nil) {
            self.text = Terminal.safe(text)
            self.colour = colour
        }
    }

    private let titles: [String]
    private var rows: [[Cell]] = []

    init(_ titles: String...) { self.titles = titles }

    mutating func add(_ cells: Cell...) { rows.append(cells) }

    func print() {
        let all = [titles.map { Cell($0, .grey) }] + rows
        let widths = titles.indices.map { column in all.map { Self.width($0[column].text) }.max() ?? 0 }
        for row in all {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += Terminal.paint(cell.text, cell.colour)
                if column < row.count - 1 {
                    line += String(repeating: " ", count: widths[column] - Self.width(cell.text) + 2)
                }
            }
            Terminal.print(line)
        }
    }

    /// Chinese characters take two places.
    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + ((0x1100...0xFFEF).contains($1.value) && $1.value > 0x2E7F ? 2 : 1) }
    }
}

/// Times and states as people read them.
enum Humane {
    static func date(_ value: JSONValue) -> Date? {
        value.string.flatMap {
            try? Date($0, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
        }
    }

    static func span(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.9995: "\(max(0, Int(seconds * 1000)))ms"
        case ..<60: String(format: "%.1fs", seconds)
        case ..<3600: "\(Int(seconds) / 60)m\(Int(seconds) % 60)s"
        case ..<86_400: "\(Int(seconds) / 3600)h\(Int(seconds) / 60 % 60)m"
        default: "\(Int(seconds) / 86_400)d\(Int(seconds) / 3600 % 24)h"
        }
    }

    static func age(_ value: JSONValue, now: Date = Date()) -> String {
        date(value).map { span(now.timeIntervalSince($0)) } ?? "–"
    }

    static func duration(_ run: JSONValue, now: Date = Date()) -> String {
        guard let start = date(run["startedAt"]) else { return "–" }
        return span((date(run["finishedAt"]) ?? now).timeIntervalSince(start))
    }

    static func colour(_ state: String?) -> Terminal.Colour? {
        switch state {
        case "succeeded", "ok", "nothingToDo": .green
        case "failed", "lost", "exit", "signal", "timeout", "spawnFailed", "unkillable", "missed", "refused": .red
        case "running", "stopping": .blue
        case "pending", "paused", "cancelled", "warning", "partial", "queued", "skipped": .yellow
        default: nil
        }
    }
}
