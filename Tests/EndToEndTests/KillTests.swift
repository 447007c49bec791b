import Foundation
import MartletCore
import Testing

/// Server and keepers are killed with -9 at random moments while runs start, write and end; then everything is
/// checked from outside, by what the tasks themselves appended to a ledger.
@Suite(.serialized) struct KillTests {
    static let soak = ProcessInfo.processInfo.environment["MARTLET_SOAK"] != nil
    static let seed =
        ProcessInfo.processInfo.environment["MARTLET_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1...999_999)

    /// Every place where the server stores something, and every step of a keeper.
    static let serverFailpoints = [
        "submit.beforeInsert", "submit.afterInsert", "stop.afterStore", "dispatcher.claimed", "execution.beforeLaunch",
        "execution.beforeHandle", "execution.afterHandle",
        "execution.beforeFinish", "execution.afterFinish",
    ]
    static let keeperFailpoints = [
        "fence.created", "keeper.written", "leader.forked", "leader.execed", "leader.ended", "before.ended",
        "after.ended",
    ]

    @Test func `killing server and keepers at random moments loses, doubles and orphans nothing`() async throws {
        print("kill test seed \(Self.seed) (MARTLET_SEED repeats it)")
        let chaos = try await Chaos(seed: Self.seed)
        try await chaos.rounds(Self.soak ? 8000 : 200)
        try await chaos.settleAndCheck()
    }

    @Test(arguments: serverFailpoints) func `the server dies at each persistent step and repairs itself`(_ name: String)
        async throws
    {
        let chaos = try await Chaos(seed: Self.seed, serverFailpoint: "\(name):20")
        try await chaos.rounds(Self.soak ? 150 : 8, killing: false)
        try await chaos.settleAndCheck()
    }

    @Test(arguments: keeperFailpoints) func `a keeper dies at each of its steps and its run is never doubled`(
        _ name: String
    ) async throws {
        let chaos = try await Chaos(seed: Self.seed, keeperFailpoint: "\(name):30")
        try await chaos.rounds(Self.soak ? 150 : 8, killing: false)
        try await chaos.settleAndCheck()
    }
}
