import Foundation
import MartletCore

/// What a worker tells on its standard output, one JSON object a line: `{type: progress, done, message}`,
/// `{type: warning, message}`, `{type: result, name, value}`, `{type: found, value}` for each version that a repository
/// has and, before it ends with 1, `{type: error, code, message}`.
enum WorkTally {
    static func take(_ line: [UInt8], into report: inout TaskReport) {
        guard line.first == UInt8(ascii: "{"), let members = (try? JSONParser.parse(line))?.object else { return }
        let message = members["message"]?.string.map { String($0.prefix(1000)) }
        switch members["type"]?.string {
        case "progress":
            report.progress = members["done"]?.fraction.map { min(1, max(0, $0)) } ?? report.progress
            report.message = message ?? report.message
        case "warning": if let message { report.warn(message) }
        case "error":
            report.results["error"] = members["code"] ?? "failed"
            keep("error", .string(message ?? ""), in: &report)
        case "found":
            guard let value = members["value"] else { return }
            keep("versions", .array((results(of: report)["versions"]?.array ?? []) + [value]), in: &report)
        case "result":
            guard let name = members["name"]?.string, let value = members["value"] else { return }
            report.results[name] = value
            keep(name, value, in: &report)
        default: return
        }
    }

    /// Results may be set by the progress file, too; these come from the worker alone.
    private static func keep(_ name: String, _ value: JSONValue, in report: inout TaskReport) {
        var known = results(of: report)
        known[name] = value
        var evidence = report.evidence ?? Evidence()
        evidence.memo = SpecCoding.text(JSONValue.object(known))
        report.evidence = evidence
    }

    static func results(of report: TaskReport) -> [String: JSONValue] {
        guard let memo = report.evidence?.memo else { return [:] }
        return (try? JSONParser.parse(Array(memo.utf8)))?.object ?? [:]
    }

    /// With the worker's own words for a failure.
    static func verdict(_ plain: Verdict, _ report: TaskReport) -> Verdict {
        guard plain.outcome == .exit, let words = results(of: report)["error"]?.string else { return plain }
        return Verdict(.exit, note: words)
    }
}
