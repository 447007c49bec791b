package import Foundation
package import MartletCore

/// A machine that has volumes: what touches them is done there. Every call throws `unavailable` when it cannot be reached.
package protocol VolumeNode: Sendable {
    /// Throws `conflict` naming the run that works on the volume.
    func start(
        _ planned: PlannedBackup, by caller: Volumes.Caller, _ idempotency: IdempotencyRecord?
    ) async throws -> RecordID
    /// As ``start`` where nothing works on the volume; otherwise once that has ended, one at most: then nil. Throws `conflict`
    /// for a rule without a schedule, whose runs nothing keeps in line.
    func enqueue(_ planned: PlannedBackup, by caller: Volumes.Caller) async throws -> RecordID?
    /// To a volume of this node. Throws `conflict` as above.
    func restore(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller,
        _ idempotency: IdempotencyRecord?
    ) async throws -> RecordID
    /// What a restore would change, without writing: counts, bytes and samples. Throws `notFound` for paths that the version
    /// does not have.
    func preview(
        _ version: VolumeVersion, _ wish: Volumes.RestoreWish, by caller: Volumes.Caller
    ) async throws -> [String: JSONValue]
    /// A sleeping one does not fire by itself. Throws `conflict` for one that never does.
    func setAsleep(_ isAsleep: Bool, _ planned: PlannedBackup, by caller: Volumes.Caller) async throws
    /// In the order given.
    func times(of planned: [PlannedBackup]) async throws -> [JobTimes]
    /// Whether they sleep, in the order given, nil for what is not in force: cheaper than their times.
    func areAsleep(_ planned: [PlannedBackup]) async throws -> [Bool?]
    /// On a stopped node nothing fires by itself; what slept before still sleeps when it is started again.
    func setStopped(_ isStopped: Bool, by caller: Volumes.Caller) async throws
    func state() async throws -> NodeState
}

/// When a job fired last and will next.
package struct JobTimes: Sendable, Hashable {
    package var previous: Date?
    package var next: Date?
    package var isAsleep: Bool
    /// Whether its schedule is in force.
    package var isKnown: Bool

    package init(previous: Date? = nil, next: Date? = nil, isAsleep: Bool = false, isKnown: Bool = true) {
        self.isKnown = isKnown
        self.previous = previous
        self.next = next
        self.isAsleep = isAsleep
    }
}

extension MartletError {
    private static let nodeField = "node"

    /// A node that cannot be reached. Nothing was begun there.
    package static func nodeDown(_ name: String, _ why: String) -> MartletError {
        MartletError(.unavailable, "the node \(name) \(why)", problems: [FieldProblem(field: nodeField, problem: why)])
    }

    var isNodeDown: Bool {
        code == .unavailable && (cause is NodeDown || problems.contains { $0.field == Self.nodeField })
    }
}
