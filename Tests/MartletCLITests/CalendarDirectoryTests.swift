import Foundation
import MartletCore
import Testing

@testable import martlet

@Suite struct CalendarDirectoryTests {
    private func folder(_ files: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "calendars-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
        return folder.path
    }

    private static let json = #"{"name":"tea","years":{"2026":{"holidays":["02-01"],"workdays":["02-07"]}}}"#

    @Test func `JSON and YAML files are calendars, others are not read`() throws {
        let path = try folder([
            "a.json": Self.json,
            "b.yaml": "name: cn\nzone: Asia/Shanghai\nyears:\n  \"2030\": {holidays: [\"01-01\"]}\n",
            "notes.txt": "none", ".c.json.swp": "none",
        ])
        let read = try CalendarDirectory.read(path)
        #expect(read.map(\.name) == ["cn", "tea"] && read.map(\.years) == [[2030], [2026]])
        let calendars = WorkCalendars(adding: read)
        #expect(calendars["cn"]?.years == [2030], "it takes the place of the built-in one")
        let environment = ["HOME": "/home/x", "MARTLET_SCHEDULES_CALENDARS": path]
        let config = try ServerConfig(
            try SettingSources(flags: [:], environment: environment, file: nil), environment: environment)
        #expect(config.calendars.map(\.name) == ["cn", "tea"])
    }

    @Test func `every wrong file is named, and the server does not start with one`() throws {
        let path = try folder([
            "a.json": Self.json, "b.json": Self.json, "c.json": "{", "d.yaml": "name: tea2\nyears: {\"20x6\": {}}\n",
            "e.json": #"{"name":"x","years":{"2026":{"holidays":["02-30"]}},"colour":1}"#,
        ])
        let error = try #require(throws: MartletError.self) { try CalendarDirectory.read(path) }
        let fields = Set(error.problems.map(\.field))
        #expect(
            fields == ["b.json", "c.json", "d.yaml, years.20x6", "e.json, years.2026.holidays[0]", "e.json, colour"])
        let environment = ["HOME": "/home/x", "MARTLET_SCHEDULES_CALENDARS": path]
        let refusal = try #require(throws: MartletError.self) {
            try ServerConfig(
                try SettingSources(flags: [:], environment: environment, file: nil), environment: environment)
        }
        #expect(refusal.problems.allSatisfy { $0.field.hasPrefix("schedules.calendars: ") })
        #expect(throws: MartletError.self) { try CalendarDirectory.read("/no/such/directory") }
    }
}
