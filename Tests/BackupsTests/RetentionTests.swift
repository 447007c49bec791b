import Foundation
import MartletCore
import Testing

@testable import Backups

@Suite struct RetentionTests {
    private static let now = Date(timeIntervalSince1970: 1_700_000_000)
    private static let utc = TimeZone(secondsFromGMT: 0) ?? .current

    /// Versions that are so many days old; negative numbers: partial ones.
    private func versions(_ ages: [Double]) -> [VolumeVersion] {
        ages.enumerated().map { index, age in
            VolumeVersion(
                number: Int64(index + 1), volume: VolumeName(app: "a", proc: "p", instance: 1, volume: "/d"),
                mode: .full,
                name: "v\(index)", content: VolumeVersion.Content(snapshot: "0123456789", node: "n"),
                run: RunID(high: 1, low: 1), createdAt: Self.now.addingTimeInterval(-abs(age) * 86_400),
                isPartial: age < 0)
        }
    }

    private func kept(_ ages: [Double], _ retention: Retention) -> [Double] {
        let versions = versions(ages)
        return retention.decide(versions, at: Self.now, zone: Self.utc).filter(\.isKept).map {
            ages[Int($0.version.number) - 1]
        }.sorted()
    }

    // backup contract §7.6 G1
    @Test func `what is older than its time goes`() {
        #expect(kept([29, 30.1, 45], Retention(expire: TimeSpan("30d"))) == [29])
    }

    // backup contract §7.6 G2, F13
    @Test(arguments: ["30d", "0s"])
    func `the newest good one stays, however old it is`(expire: String) {
        #expect(kept([40, 50, 60], Retention(expire: TimeSpan(expire))) == [40])
        #expect(kept([-40, 50, 60], Retention(expire: TimeSpan(expire))) == [50])
        #expect(kept([-40, -50], Retention(expire: TimeSpan(expire))) == [-40].map { $0 })
        #expect(kept([40, 50, 60], Retention(expire: TimeSpan(expire), least: 2)) == [40, 50])
    }

    @Test func `without a rule everything stays`() {
        #expect(kept([1, 1000], Retention()) == [1, 1000])
    }

    @Test func `of each period the newest version stays`() {
        let ages = (0..<60).map { Double($0) / 2 }
        #expect(kept(ages, Retention(keep: [.last: 3])) == [0, 0.5, 1])
        #expect(kept(ages, Retention(keep: [.daily: 3])).count == 3)
        #expect(kept(ages, Retention(keep: [.weekly: 2, .monthly: 1])).count == 2)
        #expect(kept(ages, Retention(expire: TimeSpan("36h"), keep: [.daily: 5])).count == 3 + 3)
        #expect(kept([400, 800, 10], Retention(keep: [.yearly: 3])) == [10, 400, 800])
    }

    @Test func `a day is one of the zone`() throws {
        // 22:00 and 23:30 UTC: one day in London, two in Berlin.
        let ages = [0.0, 1.5].map { hours in (22.25 - 23.5 + hours + 1.25) / 24 }
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        let midnight = Date(timeIntervalSince1970: 1_700_002_800)  // 2023-11-14T23:00:00Z
        let versions = versions(ages).map { version in
            VolumeVersion(
                number: version.number, volume: version.volume, mode: .full, name: version.name,
                content: version.content, run: version.run,
                createdAt: midnight.addingTimeInterval(version.number == 1 ? 1800 : -3600), isPartial: false)
        }
        let rule = Retention(keep: [.daily: 5])
        #expect(rule.decide(versions, at: Self.now, zone: berlin).filter(\.isKept).count == 2)
        #expect(rule.decide(versions, at: Self.now, zone: Self.utc).filter(\.isKept).count == 1)
    }

    @Test func `every decision says why`() {
        let decisions = Retention(expire: TimeSpan("30d"), keep: [.last: 1]).decide(
            versions([1, 40]), at: Self.now, zone: Self.utc)
        #expect(decisions.map(\.reasons) == [["the last good one", "younger than 30d", "last 1 of 1"], []])
    }
}
