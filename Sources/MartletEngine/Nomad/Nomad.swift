import Foundation
package import MartletCore

/// Jobs with evaluations and allocations, as Nomad has them, on this engine: what routes call. Whatever is asked for here is
/// stored when the call returns; the ``NomadScheduler`` does it.
package struct Nomad: Sendable {
    package let control: Control
    package let planner: any JobPlanner
    package let facts: NomadNodeFacts
    package let bell: NomadBell
    package let garbage: Garbage
    package let places: (any AllocationPlaces)?
    let newID: @Sendable () -> String

    /// How long what is over stays.
    package struct Garbage: Sendable, Hashable {
        package var jobs: TimeSpan
        package var evaluations: TimeSpan
        package var allocations: TimeSpan
        package var interval: TimeSpan
        package init(
            jobs: TimeSpan = .seconds(4 * 3600), evaluations: TimeSpan = .seconds(3600),
            allocations: TimeSpan = .seconds(3600), interval: TimeSpan = .seconds(300)
        ) {
            self.jobs = jobs
            self.evaluations = evaluations
            self.allocations = allocations
            self.interval = interval
        }
    }

    package init(
        control: Control, planner: any JobPlanner, facts: NomadNodeFacts, bell: NomadBell = NomadBell(),
        garbage: Garbage = Garbage(), places: (any AllocationPlaces)? = nil,
        newID: @escaping @Sendable () -> String = { UUID().uuidString.lowercased() }
    ) {
        self.control = control
        self.planner = planner
        self.facts = facts
        self.bell = bell
        self.garbage = garbage
        self.places = places
        self.newID = newID
    }

    var store: any Store { control.store }

    // MARK: Orders

    /// Stores a job and has it placed. Throws ``NomadClash``.
    package func register(
        _ draft: NomadJobDraft, enforcing: NomadEnforcement = .none, cause: NomadEvaluation.Cause = .jobRegister
    ) async throws -> NomadRegistered {
        defer { bell.ring() }
        let draft = try withFirstLaunch(draft)
        return try await store.register(
            nomad: draft, enforcing: enforcing, evaluation: newID(), cause: cause, at: control.now())
    }

    /// Has a job's allocations stopped; with `purge` it is forgotten at once. The evaluation is nil for a template.
    package func deregister(
        _ id: String, purge: Bool
    ) async throws -> (evaluation: NomadEvaluation?, jobModifyIndex: Int64) {
        defer { bell.ring() }
        let (evaluation, index) = try await store.deregister(
            nomad: id, purge: purge, evaluation: newID(), at: control.now())
        return (evaluation, index)
    }

    /// The evaluation's id and the index. Throws ``NomadClash/unknown``.
    package func ask(_ wish: NomadWish) async throws -> (evaluation: String, index: Int64) {
        defer { bell.ring() }
        let id = newID()
        return (id, try await store.ask(nomad: wish, evaluation: id, at: control.now()))
    }

    package func setStable(_ id: String, version: Int, _ isStable: Bool) async throws -> Int64 {
        defer { bell.ring() }
        return try await store.setStable(nomad: id, version: version, isStable)
    }

    /// Has a job's tasks end so that they can go on later, and keeps their places. A paused job stays as it is. Throws
    /// ``NomadClash/unknown``, and `conflict` for a stopped job and for one that only makes others.
    package func pause(_ id: String) async throws { _ = try await ask(.pauseJob(id, isPaused: true)) }

    /// Has a paused job's tasks go on, each from its checkpoint, in the same allocations. Throws as ``pause(_:)`` does.
    package func resume(_ id: String) async throws { _ = try await ask(.pauseJob(id, isPaused: false)) }

    /// The one node as it is kept.
    package func node() async throws -> NomadNode {
        try await store.nomadNode(making: newID(), at: control.now())
    }

    package func setNode(
        eligible: Bool? = nil, draining: NomadDraining? = nil
    ) async throws -> (node: NomadNode, evaluations: [String]) {
        _ = try await node()
        defer { bell.ring() }
        let (node, evaluations) = try await store.setNode(
            eligible: eligible, draining: draining, evaluation: newID, at: control.now())
        return (node, evaluations)
    }

    /// Removes what has been over for long enough, or with `force` all that is over. Returns how many objects went.
    package func collectGarbage(force: Bool = false) async throws -> Int {
        defer { bell.ring() }
        let now = control.now()
        func before(_ age: TimeSpan) -> Date {
            force ? now.adding(.seconds(1)) : now.adding(TimeSpan(milliseconds: -age.milliseconds))
        }
        let horizon = NomadHorizon(
            jobs: before(garbage.jobs), evaluations: before(garbage.evaluations),
            allocations: before(garbage.allocations))
        let known = places == nil ? [] : try await store.nomadAllocationIDs()
        let count = try await store.collect(nomad: horizon, limit: 200)
        try await removePlaces(knownBefore: known)
        return count
    }
}
