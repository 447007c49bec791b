extension JSONValue {
    /// This document changed by a JSON merge patch (RFC 7396): members of objects are changed one by one, `null` removes
    /// one, everything else takes the place of what was there.
    package func merged(with patch: JSONValue) -> JSONValue {
        guard let changes = patch.object else { return patch }
        var members = object ?? [:]
        for (name, change) in changes {
            members[name] = change == .null ? nil : (members[name] ?? .null).merged(with: change)
        }
        return .object(members)
    }
}
