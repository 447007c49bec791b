package import MartletCore

extension Control {
    /// `by`: name of the principal. `ifVersion` 0: only when it is new.
    package func putSecret(
        _ name: String, _ new: NewSecret, by: String, ifVersion: Int? = nil
    ) async throws -> StoredSecret {
        try await store.put(secret: name, new, by: by, ifVersion: ifVersion, at: now())
    }

    package func secret(_ name: String) async throws -> StoredSecret {
        if let secret = try await store.secret(name) { return secret }
        throw Self.noSecret(name)
    }

    /// Whoever is told it must have the right to read secrets.
    package func secretValue(_ name: String) async throws -> Secret {
        if let value = try await store.secretValues(of: [name])[name] { return value }
        throw Self.noSecret(name)
    }

    /// By name, those after `name`.
    package func secrets(after name: String?, limit: Int) async throws -> [StoredSecret] {
        try await store.storedSecrets(after: name, limit: limit)
    }

    /// Jobs that name it do not start until it is stored again.
    package func deleteSecret(_ name: String, ifVersion: Int? = nil) async throws {
        guard try await store.deleteSecret(name, ifVersion: ifVersion) else { throw Self.noSecret(name) }
    }

    private static func noSecret(_ name: String) -> MartletError {
        MartletError(.notFound, "there is no secret named \(name)")
    }
}

// MARK: References

extension Control {
    /// The present value of each stored secret that a job names, by the word that a run keeps it under. Throws `code`
    /// naming every one that is not stored.
    func secrets(for job: Job, code: MartletError.Code = .conflict) async throws -> [String: Secret] {
        let references = job.secretReferences
        guard !references.isEmpty else { return [:] }
        let values = try await store.secretValues(of: Set(references.values))
        let missing = references.filter { values[$0.value] == nil }
        guard missing.isEmpty else {
            throw MartletError(
                code, "a stored secret that the job names is missing", problems: Self.problems(missing))
        }
        return references.compactMapValues { values[$0] }
    }

    /// What keeps a job from being started until secrets are stored.
    func missingSecrets(of job: Job) async throws -> [FieldProblem] {
        let references = job.secretReferences
        let missing = try await missingSecrets(among: Set(references.values))
        return Self.problems(references.filter { missing.contains($0.value) })
    }

    /// Those of the names that no stored secret has.
    package func missingSecrets(among names: Set<String>) async throws -> Set<String> {
        names.isEmpty ? [] : names.subtracting(try await store.secretValues(of: names).keys)
    }

    private static func problems(_ missing: [String: String]) -> [FieldProblem] {
        missing.sorted { $0.key < $1.key }.map { word, name in
            let task = word.firstIndex(of: "/").map { "tasks.\(word[..<$0])." } ?? ""
            return FieldProblem(
                field: "\(task)secrets.\(SecretReferences.variable(word))", problem: SecretReferences.missing(name))
        }
    }
}
