import Foundation

/// `make bench`: every figure beside its peer's from the same run.
///
/// Arguments: the directory of the release binaries, and optionally names of the benchmarks to run.
@main enum Bench {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let binaries = arguments.first else {
            print(
                "usage: martlet-bench DIRECTORY-OF-BINARIES [NAME …]\n  names: \(all.map(\.name).joined(separator: " "))"
            )
            exit(64)
        }
        let wanted = Set(arguments.dropFirst())
        let machine = Machine(binaries: URL(filePath: binaries).standardizedFileURL.path)
        FileHandle.standardOutput.write(Data("\(machine)\n".utf8))
        for bench in all where wanted.isEmpty || wanted.contains(bench.name) {
            for figure in try await bench.measure(machine) {
                // Unbuffered: a bench takes minutes, and people watch it.
                FileHandle.standardOutput.write(Data("\(figure)\n".utf8))
            }
        }
    }

    private static let all: [(name: String, measure: @Sendable (Machine) async throws -> [Figure])] = [
        ("start", StartBench.measure), ("submit", SubmitBench.measure), ("runs", RunsBench.measure),
        ("latency", LatencyBench.measure), ("log", LogBench.measure), ("million", MillionBench.measure),
        ("scripts", ScriptBench.measure), ("schedules", ScheduleBench.measure),
        ("timetable", TimetableBench.measure), ("nomad", NomadBench.measure),
        ("waiters", WaiterBench.measure),
    ]
}

/// One line of the report.
struct Figure: CustomStringConvertible {
    let name: String
    let ours: Double
    let unit: String
    var peer: (name: String, value: Double)?
    var aim = ""

    var description: String {
        var line = name.padding(toLength: 50, withPad: " ", startingAt: 0) + Figure.format(ours) + " " + unit
        if let peer {
            line +=
                "   \(peer.name) \(Figure.format(peer.value)) \(unit), ratio \(String(format: "%.3f", ours / peer.value))"
        }
        return aim.isEmpty ? line : line + "   (aim \(aim))"
    }

    private static func format(_ value: Double) -> String {
        String(format: abs(value) >= 100 ? "%.0f" : "%.2f", value)
    }
}

/// What the figures were measured on.
struct Machine: CustomStringConvertible {
    let binaries: String

    var description: String {
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.split(separator: " ").first ?? "?"
        let cores = ProcessInfo.processInfo.activeProcessorCount
        return
            "\(cores) cores, load \(load) at start, binaries built \(isRelease ? "for release" : "for debugging: figures mean nothing")"
    }

    private var isRelease: Bool { binaries.contains("release") }
}

func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
}

extension [Double] {
    /// The value below which `share` of the sorted values lie.
    func quantile(_ share: Double) -> Double {
        let sorted = sorted()
        return sorted.isEmpty ? .nan : sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
