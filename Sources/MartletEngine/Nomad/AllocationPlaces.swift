package import Foundation
package import MartletCore

/// Where tasks of allocations keep their files: the integration's part.
package protocol AllocationPlaces: Sendable {
    /// Makes the directories of an allocation before its tasks begin. Throws `invalid` for what can never be started.
    func make(for allocation: NomadAllocation, _ tasks: [TaskPlan]) throws
    /// Allocations that have one, with the instant of its last change.
    func all() throws -> [String: Date]
    func remove(_ allocation: String) throws
}

extension Nomad {
    /// A directory may be older than its allocation by this.
    private static let longestPlacing = TimeSpan.seconds(600)

    /// Takes away the directories of allocations that are gone. `before`: those that were there until now.
    func removePlaces(knownBefore before: Set<String>) async throws {
        guard let places else { return }
        let (found, oldest) = (
            try places.all(), control.now().adding(TimeSpan(milliseconds: -Self.longestPlacing.milliseconds))
        )
        var trouble: (any Error)?
        let present = try await store.nomadAllocationIDs()
        for (id, changedAt) in found where !present.contains(id) {
            guard before.contains(id) || changedAt < oldest else { continue }
            do { try places.remove(id) } catch { trouble = error }
        }
        // One that cannot be removed keeps no other.
        if let trouble { throw trouble }
    }
}
