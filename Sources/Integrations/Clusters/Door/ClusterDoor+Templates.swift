import MartletCore
import MartletEngine

extension ClusterDoor {
    /// In the order of their creation.
    package func templates() async throws -> [ClusterTemplate] {
        try await control.store.clusterItems(.template).map(ClusterTemplate.init)
    }

    package func template(_ id: String) async throws -> ClusterTemplate {
        try ClusterTemplate(try await item(.template, id))
    }

    package func createTemplate(_ template: ClusterTemplate) async throws -> ClusterTemplate {
        try await refuseWhenBusy()
        try await check(template, asID: nil)
        let (sealed, password) = try await sealing(template, stored: nil)
        let now = control.now()
        return try ClusterTemplate(
            try await changing {
                try await control.store.insert(
                    item: .template, ids: ClusterID.candidates(for: sealed.name, at: now), space: sealed.role.rawValue,
                    name: sealed.name, sealed.content(password), at: now)
            })
    }

    package func saveTemplate(_ template: ClusterTemplate) async throws -> ClusterTemplate {
        try await refuseWhenBusy()
        let item = try await item(.template, template.id)
        try await check(template, asID: template.id)
        let (sealed, password) = try await sealing(template, stored: item)
        return try ClusterTemplate(
            try await changing {
                try await control.store.save(
                    item: item, space: sealed.role.rawValue, name: sealed.name, sealed.content(password),
                    at: control.now())
            })
    }

    package func deleteTemplate(_ id: String) async throws {
        try await refuseWhenBusy()
        let item = try await item(.template, id)
        try await changing { try await control.store.delete(item: item) }
    }

    /// A name is unique among the templates of its role.
    private func check(_ template: ClusterTemplate, asID id: String?) async throws {
        let others = try await templates().filter { $0.id != id && $0.role == template.role }
        if others.contains(where: { $0.name == template.name }) { throw ClusterRefusal.nameTaken }
        let problems = template.problems()
        guard problems.isEmpty else { throw MartletError(.invalid, "the template is not valid", problems: problems) }
    }

    private func sealing(
        _ template: ClusterTemplate, stored item: ClusterItem?
    ) async throws -> (ClusterTemplate, Secret?) {
        var sealed = template
        let (body, password) = RoleBody.sealing(template.body, of: template.role)
        sealed.body = body
        switch password {
        case .none: return (sealed, nil)
        case .given(let text): return (sealed, Secret(text))
        case .stored:
            guard let item,
                let known = try await control.store.clusterItemSecrets(.template, item.id)[template.role.rawValue]
            else { throw ClusterRefusal.noPassword(template.role) }
            return (sealed, known)
        }
    }
}
