package import Foundation
package import MartletCore

/// How long versions are kept. A version stays when any of this wants it; when nothing is said, all stay.
package struct Retention: Sendable, Hashable {
    /// Younger ones stay.
    package var expire: TimeSpan?
    /// The newest of so many periods stay, the newest so many of all under `last`.
    package var keep: [Period: Int] = [:]
    /// The newest so many whole ones stay, however old they are; at least 1 of those that somebody wanted.
    package var least = 1

    package enum Period: String, Sendable, CaseIterable {
        case last, hourly, daily, weekly, monthly, yearly
    }

    package init(expire: TimeSpan? = nil, keep: [Period: Int] = [:], least: Int = 1) {
        self.expire = expire
        self.keep = keep
        self.least = least
    }

    /// What becomes of a version, and why.
    package struct Decision: Sendable, Hashable {
        package let version: VolumeVersion
        /// Empty: it goes.
        package let reasons: [String]
        package var isKept: Bool { !reasons.isEmpty }
    }

    /// `versions`: those of one volume and one mode, in any order. The answer is newest first. `zone`: whose days,
    /// weeks and years count.
    package func decide(_ versions: [VolumeVersion], at now: Date, zone: TimeZone) -> [Decision] {
        let newest = versions.sorted { ($0.createdAt, $0.number) > ($1.createdAt, $1.number) }
        var reasons: [Int64: [String]] = [:]
        for version in newest.filter({ !$0.isPartial }).prefix(least) {
            reasons[version.number, default: []].append(
                least == 1 ? "the last good one" : "one of the last \(least) good ones")
        }
        if let expire {
            for version in newest where version.createdAt.adding(expire) > now {
                reasons[version.number, default: []].append("younger than \(expire)")
            }
        }
        for period in Period.allCases {
            guard let count = keep[period], count > 0 else { continue }
            for (index, version) in firsts(of: newest, period, zone).prefix(count).enumerated() {
                reasons[version.number, default: []].append("\(period.rawValue) \(index + 1) of \(count)")
            }
        }
        let keepsAll = expire == nil && keep.isEmpty
        // Without a good one, nothing may be thrown away that somebody could still need.
        let hasGood = newest.contains { !$0.isPartial }
        return newest.enumerated().map { index, version in
            if keepsAll { return Decision(version: version, reasons: ["no rule removes it"]) }
            if !hasGood, index == 0 { return Decision(version: version, reasons: ["the newest, and none is whole"]) }
            return Decision(version: version, reasons: reasons[version.number] ?? [])
        }
    }

    /// The newest version of each period.
    private func firsts(of newest: [VolumeVersion], _ period: Period, _ zone: TimeZone) -> [VolumeVersion] {
        guard period != .last else { return newest }
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = zone
        var seen: Set<DateComponents> = []
        return newest.filter { seen.insert(calendar.dateComponents(period.components, from: $0.createdAt)).inserted }
    }
}

extension Retention.Period {
    fileprivate var components: Set<Calendar.Component> {
        switch self {
        case .last: []
        case .hourly: [.year, .month, .day, .hour]
        case .daily: [.year, .month, .day]
        case .weekly: [.yearForWeekOfYear, .weekOfYear]
        case .monthly: [.year, .month]
        case .yearly: [.year]
        }
    }
}

extension Retention {
    /// Reads `expire`, `keep` and `minKeep`; nil when there is none of them.
    init?(_ fields: inout Fields) {
        let expire = fields.span("expire")
        let least = fields.int("minKeep", in: 1...10_000)
        var keep: [Period: Int] = [:]
        let entry = fields.object("keep")
        if var entry {
            for period in Period.allCases { keep[period] = entry.int(period.rawValue, in: 0...10_000) }
            entry.finish()
        }
        guard expire != nil || least != nil || entry != nil else { return nil }
        self.init(expire: expire, keep: keep, least: least ?? 1)
    }
}
