import Foundation
package import MartletCore

/// Jobs that periodic ones make.
extension Nomad {
    /// Starts a child of a periodic job now, whatever its times are.
    package func force(_ parent: NomadJobRecord) async throws -> NomadRegistered {
        let secrets = try await store.nomadContent(of: NomadJobEdition(parent))?.secrets ?? [:]
        let id = Self.child(of: parent.id, at: control.now())
        return try await register(
            try planner.child(of: parent, named: id, secrets: secrets), cause: .periodicJob)
    }

    /// Named for the second that it is made for.
    static func child(of parent: String, at due: Date) -> String {
        NomadJobRecord.childPrefix(of: parent) + String(due.second)
    }

    /// Knows when it first makes another.
    func withFirstLaunch(_ draft: NomadJobDraft) throws -> NomadJobDraft {
        guard draft.isTemplate, !draft.isStopped else { return draft }
        var draft = draft
        let rule = try planner.launches(of: draft.content)
        draft.nextLaunch = rule?.timetable.next(after: control.now())?.nanoseconds
        return draft
    }
}
