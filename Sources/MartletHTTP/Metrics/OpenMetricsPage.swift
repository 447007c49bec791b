import MartletCore

/// A page in the OpenMetrics text format 1.0, one family after the other.
struct OpenMetricsPage {
    static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// Names with values from closed sets: never a path, a job or an id.
    typealias Labels = KeyValuePairs<String, String>

    private(set) var text = ""

    mutating func gauge(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Double)]) {
        begin(name, "gauge", help)
        for (labels, value) in samples { sample(name, labels, value) }
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        begin(name, "gauge", help)
        sample(name, [:], value)
    }

    mutating func counter(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Double)]) {
        begin(name, "counter", help)
        for (labels, value) in samples { sample(name + "_total", labels, value) }
    }

    mutating func info(_ name: String, _ help: String, _ labels: Labels) {
        begin(name, "info", help)
        sample(name + "_info", labels, 1)
    }

    mutating func histogram(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Histogram)]) {
        begin(name, "histogram", help)
        for (labels, histogram) in samples {
            var count = 0
            for (bound, more) in zip(histogram.bounds.map(Self.number) + ["+Inf"], histogram.counts) {
                count += more
                line(name + "_bucket", labels.map { ($0.key, $0.value) } + [("le", bound)], String(count))
            }
            sample(name + "_count", labels, Double(count))
            sample(name + "_sum", labels, histogram.sum)
        }
    }

    mutating func end() { text += "# EOF\n" }

    private mutating func begin(_ name: String, _ type: String, _ help: String) {
        text += "# TYPE \(name) \(type)\n"
        for unit in ["seconds", "bytes"] where name.hasSuffix("_" + unit) { text += "# UNIT \(name) \(unit)\n" }
        text += "# HELP \(name) \(Self.escaped(help))\n"
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
        line(name, labels.map { ($0.key, $0.value) }, Self.number(value))
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += list.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0).0" } ?? "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
