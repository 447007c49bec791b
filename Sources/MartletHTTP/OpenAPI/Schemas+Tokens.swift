import MartletCore
import MartletEngine

extension NamedSchema {
    static let token = NamedSchema("Token", tokenMembers, example: .object(tokenExample))

    /// The one answer that has the secret.
    static let madeToken = NamedSchema(
        "MadeToken", tokenMembers.joined(with: .answer(["token": .string(pattern: "^\(Tokens.prefix)[0-9a-f]{64}$")])),
        example: .object(
            tokenExample.merging(["token": .string(Tokens.prefix + String(repeating: "0123456789abcdef", count: 4))]) {
                $1
            }))

    /// What `NewToken(parsing:)` reads.
    static let newToken = NamedSchema(
        "NewToken",
        .request(
            [
                "name": .token, "role": .words(Rights.Role.self), "jobs": .list(of: pattern, 0...64),
                "labels": .map(of: pattern, atMost: 16), "secretsRead": .boolean,
                "expiresIn": .string(
                    "A time span, or never; without it 90d", pattern: "^(never|([0-9]+(ms|s|m|h|d))+)$"),
            ], required: ["name", "role"]),
        example: ["name": "ci", "role": "run", "jobs": ["deploy-*"], "expiresIn": "30d"])

    private static let pattern = Schema.string("* stands for any characters", length: 1...256)

    private static let tokenMembers = Schema.answer([
        "id": .string(pattern: "^[0-9a-f]{8}$"), "name": .token, "state": .words(AccessToken.State.self),
        "role": .words(Rights.Role.self), "jobs": .list(of: .string()), "labels": .map(of: .string()),
        "secretsRead": .boolean, "createdAt": .instant, "createdBy": .string(), "expiresAt": .instant.orNull,
        "lastUsedAt": .instant.orNull, "revokedAt": .instant.orNull,
    ])

    private static let tokenExample: [String: JSONValue] = [
        "id": Sample.token, "name": "ci", "state": "active", "role": "run", "jobs": ["deploy-*"], "labels": [:],
        "secretsRead": false, "createdAt": "2026-03-01T12:00:00.000Z", "createdBy": "admin",
        "expiresAt": "2026-03-31T12:00:00.000Z", "lastUsedAt": .null, "revokedAt": .null,
    ]
}
