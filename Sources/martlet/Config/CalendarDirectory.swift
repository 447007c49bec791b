import Foundation
import MartletCore
import MartletYAML

/// Work calendars in files of their own: `*.json`, `*.yaml` and `*.yml` of one directory.
enum CalendarDirectory {
    private static let longest = 1 << 20

    /// Throws `invalid` with every problem, at the name of its file.
    static func read(_ path: String) throws(MartletError) -> [WorkCalendar] {
        let problems = Fields.Problems()
        let path = path.hasPrefix("~/") ? NSHomeDirectory() + path.dropFirst() : path
        var calendars: [String: WorkCalendar] = [:]
        let names = try? FileManager.default.contentsOfDirectory(atPath: path)
        if names == nil { problems.add(path, "is no directory that can be read") }
        for name in (names ?? []).sorted() where [".json", ".yaml", ".yml"].contains(where: name.hasSuffix) {
            do {
                let calendar = try WorkCalendar(parsing: try document(path + "/" + name))
                if calendars.updateValue(calendar, forKey: calendar.name) != nil {
                    problems.add(name, "another file has a calendar named \(calendar.name), too")
                }
            } catch {
                for problem in error.problems {
                    problems.add(problem.field.isEmpty ? name : "\(name), \(problem.field)", problem.problem)
                }
            }
        }
        try problems.check("the calendars")
        return calendars.values.sorted { $0.name < $1.name }
    }

    private static func document(_ file: String) throws(MartletError) -> JSONValue {
        guard let data = FileManager.default.contents(atPath: file), data.count <= longest,
            let text = String(data: data, encoding: .utf8)
        else { throw refusal("cannot be read, is not UTF-8, or has more than \(longest) bytes") }
        do {
            return file.hasSuffix(".json") ? try JSONParser.parse(data) : try YAMLDocument.parse(text)
        } catch {
            throw refusal("\(error)")
        }
    }

    private static func refusal(_ problem: String) -> MartletError {
        MartletError(
            .invalid, "the calendar is not valid", problems: [FieldProblem(field: "", problem: problem)])
    }
}
