/// Who asks, and what they may do.
package struct Principal: Sendable, Hashable {
    package enum Identity: Sendable, Hashable {
        /// The holder of `admin.token`.
        case admin
        /// The holder of a token, by its id.
        case token(String)
        /// Somebody whom an open listener lets in.
        case anonymous
    }

    package let identity: Identity
    /// Stands in runs and in the audit trail.
    package let name: String
    package let rights: Rights

    package init(_ identity: Identity, name: String, rights: Rights) {
        self.identity = identity
        self.name = name
        self.rights = rights
    }

    package init(_ token: AccessToken) {
        self.init(.token(token.id), name: token.name, rights: token.rights)
    }

    package static let admin = Principal(.admin, name: "admin", rights: .all)

    /// What an open listener allows: to call what the facade serves.
    package static let anonymous = Principal(.anonymous, name: "anonymous", rights: Rights(role: .run))

    package var tokenID: String? {
        if case .token(let id) = identity { id } else { nil }
    }
}
