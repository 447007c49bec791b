import Foundation
import MartletCore
import Testing

/// A change of the jitter moves the time that comes next, and neither adds nor takes one.
@Suite struct JitterTests {
    private static func hourly(_ jitter: String?) -> JSONValue {
        var members: [String: JSONValue] = ["cron": "0 * * * *", "command": ["true"], "overlap": "allow"]
        members["jitter"] = jitter.map(JSONValue.string)
        return .object(members)
    }

    /// Seconds after the first hour at which each fire was due.
    private static func dues(_ keeper: Timekeeper) async throws -> [Double] {
        try await keeper.fires().map { $0.due.timeIntervalSince(Timekeeper.start) - 3600 }
    }

    @Test func `a time that was acted on does not come again with a longer jitter`() async throws {
        let keeper = try Timekeeper()
        _ = try await keeper.put(Self.hourly(nil))
        try await keeper.pass(after: 3600)
        try await keeper.pass(after: 1)
        let next = try #require(try await keeper.put(Self.hourly("50m")).nextDue)
        let delay = next.timeIntervalSince(Timekeeper.start) - 7200
        #expect(delay > 1 && delay < 3000, "of the hour that comes: \(delay)")
        try await keeper.pass(after: 3598)
        #expect(try await Self.dues(keeper) == [0])
        try await keeper.pass(after: 3002)
        #expect(try await Self.dues(keeper) == [0, 3600 + delay])
    }

    @Test func `a time that is still to come is not lost with a shorter one`() async throws {
        let keeper = try Timekeeper()
        // The first hour's time is still to come, for it is delayed.
        let first = try #require(try await keeper.put(Self.hourly("50m")).nextDue)
        let delay = first.timeIntervalSince(Timekeeper.start)
        #expect(delay > 2 && delay < 3000)
        try await keeper.pass(after: delay / 2)
        #expect(try await Self.dues(keeper).isEmpty)
        _ = try await keeper.put(Self.hourly(nil))
        try await keeper.pass(after: 1)
        #expect(try await Self.dues(keeper) == [-3600])
        try await keeper.pass(after: 3600)
        #expect(try await Self.dues(keeper) == [-3600, 0])
    }
}
