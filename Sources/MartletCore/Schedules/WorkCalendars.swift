/// Calendars by name.
package struct WorkCalendars: Sendable {
    /// Sorted by name.
    package let all: [WorkCalendar]
    /// The calendar that is meant when only `workdays` or `holidays` is said.
    package static let standard = "cn"

    private init(all: [WorkCalendar]) { self.all = all }

    /// Only what the program brings: `cn`, the lists of China's State Council.
    package static let builtIn: WorkCalendars = {
        do {
            let document = try JSONParser.parse(PackageResources.china_json)
            return WorkCalendars(all: [try WorkCalendar(parsing: document)])
        } catch {
            preconditionFailure("the built-in calendar cannot be read: \(error)")
        }
    }()

    /// The built-in ones, and those of the user; one of the same name takes the place of the built-in one.
    package init(adding user: [WorkCalendar]) {
        var named = Dictionary(Self.builtIn.all.map { ($0.name, $0) }) { _, last in last }
        for calendar in user { named[calendar.name] = calendar }
        all = named.values.sorted { $0.name < $1.name }
    }

    package subscript(_ name: some StringProtocol) -> WorkCalendar? { all.first { $0.name == name } }

    /// From a schedule's `calendar`: `workdays`, `holidays`, `NAME:workdays` or `NAME:holidays`. Throws `invalid` with
    /// the problem at `calendar`.
    package func filter(_ text: String) throws(MartletError) -> DayFilter {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = parts.last, let kind = DayFilter.Kind(rawValue: String(last)) else {
            throw refusal("write workdays, holidays, NAME:workdays or NAME:holidays")
        }
        let name = parts.count == 2 ? parts[0] : Self.standard[...]
        guard let calendar = self[name] else {
            throw refusal(
                "there is no calendar \(CronProblem.quote(name)); known: \(all.map(\.name).joined(separator: ", "))")
        }
        return DayFilter(calendar: calendar, kind: kind)
    }

    private func refusal(_ problem: String) -> MartletError {
        MartletError(
            .invalid, "the schedule is not valid", problems: [FieldProblem(field: "calendar", problem: problem)])
    }
}
