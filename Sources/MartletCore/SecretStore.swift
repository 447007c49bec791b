package import Foundation

/// Secrets that jobs, scripts and the configuration name; each is sealed under its name.
package protocol SecretStore: Sendable {
    /// Version starts at 1 and rises with each change; `ifVersion` 0 = must not exist. Throws `conflict`, and `invalid`
    /// when there is no value to keep.
    func put(
        secret name: String, _ new: NewSecret, by: String, ifVersion: Int?, at now: Date
    ) async throws -> StoredSecret
    func secret(_ name: String) async throws -> StoredSecret?
    /// By name, those after `name`.
    func storedSecrets(after name: String?, limit: Int) async throws -> [StoredSecret]
    /// All as they are at one moment; names that are not stored are left out.
    func secretValues(of names: Set<String>) async throws -> [String: Secret]
    func deleteSecret(_ name: String, ifVersion: Int?) async throws -> Bool
}

/// What may be told about a stored secret.
package struct StoredSecret: Sendable, Hashable {
    package let name: String
    package let version: Int
    package let description: String
    package let updatedAt: Date
    /// Name of the principal that changed it last.
    package let updatedBy: String

    package init(name: String, version: Int, description: String, updatedAt: Date, updatedBy: String) {
        self.name = name
        self.version = version
        self.description = description
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }
}

/// What a stored secret is to become.
package struct NewSecret: Sendable, Hashable {
    /// Nil: the value that is stored.
    package let value: Secret?
    /// Nil: the description that is stored.
    package let description: String?

    package init(value: Secret?, description: String? = nil) {
        self.value = value
        self.description = description
    }

    /// Reads `{value, description}`; the placeholder as value keeps the stored one.
    package init(parsing body: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        let text = fields.string("value", maxBytes: Secret.longest)
        let isKept = text == Secret.placeholder
        if problems.all.isEmpty, let problem = text.map(Secret.problem) ?? "is missing: the secret itself, as text" {
            fields.problem("value", problem)
        }
        self.init(
            value: isKept ? nil : text.map(Secret.init), description: fields.string("description", maxBytes: 1024))
        fields.finish()
        try problems.check("the secret")
    }
}
