package import MartletCore
import Foundation
import MartletEngine

extension ClusterDoor {
    /// Its status is `prepare`, whatever the draft says.
    package func create(_ draft: ClusterDraft, by caller: Caller) async throws -> ClusterView {
        try await refuseWhenBusy()
        try await check(draft, asID: nil)
        try cover(PlaybookLabel.labels(id: "", name: draft.name), caller.rights)
        let content = try await content(of: draft, stored: [:], note: nil, caller.rights)
        let now = control.now()
        return try ClusterView(
            try await changing {
                try await control.store.insert(
                    cluster: draft.name, ids: ClusterID.candidates(for: draft.name, at: now),
                    status: ClusterStatus.prepare.rawValue, content, by: caller.name, at: now)
            })
    }

    /// Makes a version of the draft; the status is `prepare` then. `known`: what the caller has seen; it must still be so.
    /// `isForced`: whatever the status is.
    package func save(
        _ id: String, _ draft: ClusterDraft, over known: ClusterView? = nil, isForced: Bool = false,
        note: String? = nil, by caller: Caller
    ) async throws -> ClusterView {
        try await refuseWhenBusy()
        let view = if let known { known } else { try await cluster(id, caller.rights) }
        try await check(draft, asID: id)
        try cover(PlaybookLabel.labels(id: id, name: draft.name), caller.rights)
        try permit(.edit, view, isForced)
        let stored = try await control.store.clusterContent(of: id, view.record.version)?.secrets ?? [:]
        let content = try await content(
            of: draft, stored: stored, note: note ?? (isForced ? "forced" : nil), caller.rights)
        return try await keep(view, name: draft.name, .prepare, content, caller)
    }

    /// Unlocks a deployed cluster for editing.
    package func cancel(_ id: String, by caller: Caller) async throws -> ClusterView {
        try await refuseWhenBusy()
        let view = try await cluster(id, caller.rights)
        try permit(.cancel, view, false)
        return try await keep(view, name: view.record.name, .cancel, nil, caller)
    }

    package func delete(_ id: String, isForced: Bool = false, by caller: Caller) async throws {
        try await refuseWhenBusy()
        let view = try await cluster(id, caller.rights)
        try permit(.delete, view, isForced)
        try await changing { try await control.store.delete(cluster: view.record) }
        KnownHosts(directory: settings.playbook.directory).remove(of: id)
    }

    /// Saves a version once more, with its passwords.
    package func restore(_ id: String, version: Int, isForced: Bool = false, by caller: Caller) async throws
        -> ClusterView
    {
        try await refuseWhenBusy()
        let view = try await cluster(id, caller.rights)
        guard var content = try await control.store.clusterContent(of: id, version) else {
            throw ClusterRefusal.notFound
        }
        let cluster = try ClusterText.cluster(content.text, id: id, status: .prepare)
        try cover(PlaybookLabel.labels(id: id, name: cluster.name), caller.rights)
        try permit(.edit, view, isForced)
        content.note = "restored from version \(version)"
        return try await keep(view, name: cluster.name, .prepare, content, caller)
    }

    private func keep(
        _ view: ClusterView, name: String, _ status: ClusterStatus, _ content: ClusterContent?, _ caller: Caller
    ) async throws -> ClusterView {
        try ClusterView(
            try await changing {
                try await control.store.save(
                    cluster: view.record, name: name, status: status.rawValue, content, by: caller.name,
                    at: control.now())
            })
    }

    // MARK: Checks

    func permit(_ operation: ClusterOperation, _ view: ClusterView, _ isForced: Bool) throws(ClusterRefusal) {
        guard isForced || view.cluster.status.permits(operation) else {
            throw .notPermitted(operation, view.cluster.status)
        }
    }

    /// In the replaced system's order: a taken name is told before wrong hosts.
    private func check(_ draft: ClusterDraft, asID id: String?) async throws {
        let problems = draft.problems()
        if problems.contains(where: { $0.part == .name }) { throw ClusterRefusal.draft(problems) }
        if try await control.store.clusters().contains(where: { $0.name == draft.name && $0.id != id }) {
            throw ClusterRefusal.nameTaken
        }
        if !problems.isEmpty { throw ClusterRefusal.draft(problems) }
    }

    /// A token that is bound to labels makes and keeps only what it covers.
    private func cover(_ labels: [String: String], _ rights: Rights) throws(MartletError) {
        guard Self.covers(labels, rights) else {
            throw MartletError(.forbidden, "this token is for other clusters")
        }
    }

    // MARK: Passwords

    /// What is kept of a draft: masks in the places of the passwords, and the passwords. A mask stands for the stored one,
    /// or for that of the template with the same other values.
    private func content(
        of draft: ClusterDraft, stored: [String: Secret], note: String?, _ rights: Rights
    ) async throws -> ClusterContent {
        guard var cluster = draft.cluster(id: "", status: .prepare) else {
            throw ClusterRefusal.draft(draft.problems())
        }
        var secrets: [String: Secret] = [:]
        for index in cluster.roles.indices {
            let role = cluster.roles[index].roleName
            guard let sent = cluster.roles[index].roleBody else { continue }
            let (body, password) = RoleBody.sealing(sent, of: role)
            cluster.roles[index].roleBody = body
            switch password {
            case .none: continue
            case .given(let text): secrets[role.rawValue] = Secret(text)
            case .stored:
                let known = stored[role.rawValue]
                secrets[role.rawValue] = if let known { known } else { try await templatePassword(role, body, rights) }
            }
        }
        return ClusterContent(text: try ClusterText.text(cluster), secrets: secrets, note: note)
    }

    /// Templates are the whole server's: a token that is bound to some clusters does not get at their passwords.
    private func templatePassword(
        _ role: RoleName, _ body: [String: JSONValue], _ rights: Rights
    ) async throws -> Secret {
        guard !rights.isRestricted else { throw ClusterRefusal.noPassword(role) }
        for item in try await control.store.clusterItems(.template) where item.space == role.rawValue {
            guard let template = try? ClusterTemplate(item), RoleBody.flat(.object(template.body), of: role) == body,
                let secret = try await control.store.clusterItemSecrets(.template, item.id)[role.rawValue]
            else { continue }
            return secret
        }
        throw ClusterRefusal.noPassword(role)
    }

    /// The passwords of the saved version, by role. Whoever is told them must have the right to read secrets.
    package func passwords(of id: String, _ rights: Rights) async throws -> [String: Secret] {
        let view = try await cluster(id, rights)
        return try await control.store.clusterContent(of: id, view.record.version)?.secrets ?? [:]
    }
}
