import MartletEngine
import GoWire
import Foundation
import Hummingbird
import MartletCore
import MartletHTTP

// What became of runs.
extension BackupAnswer {
    func records(of app: String) async throws -> Response {
        _ = try await views(of: app)
        var wanted = RecordQuery(app: app)
        if let total = try number("total", in: 1...1000) { wanted.total = Int(total) }
        wanted.within = try within(
            month: number("month", in: 1...12).map(Int.init), year: number("year", in: 1970...9999).map(Int.init))
        return .wire(.ok, .array(try await fleet.records(wanted, rights).map(\.wire)))
    }

    /// A month of a year, a whole year, or a month of the present one; nil: of all times.
    private func within(month: Int?, year: Int?) -> Range<Date>? {
        guard month != nil || year != nil else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        let year = year ?? calendar.component(.year, from: call.control.now())
        let start = calendar.date(from: DateComponents(year: year, month: month ?? 1, day: 1))
        let end = start.flatMap { calendar.date(byAdding: month == nil ? .year : .month, value: 1, to: $0) }
        return start.flatMap { start in end.map { start..<$0 } }
    }

    func record(_ id: String, of app: String) async throws -> Response {
        _ = try await views(of: app)
        guard let id = RecordID(id), let record = try await fleet.record(id, of: app, rights) else {
            throw BackupRefusal(.notFound, "record_not_found", "\(app) has no record \(id.prefix(64))")
        }
        return .wire(.ok, record.wire)
    }
}
