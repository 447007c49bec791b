import HTTPTypes
import MartletCore

// Stored secrets.
extension Operation {
    private static let secretAnswers = [
        Answer(.ok, "The secret, without its value", .ref(.secret), headers: [.eTag])
    ]

    static let listSecrets = Operation(
        "listSecrets", tag: "secrets", parameters: [.limit, .cursor],
        answers: [Answer(.ok, "By name", NamedSchema.secret.page, headers: [.link])], examples: [Example("all", .ok)])

    static let putSecret = Operation(
        "putSecret", tag: "secrets", parameters: [.ifMatch, .ifNoneMatch], body: Body(.ref(.newSecret)),
        answers: secretAnswers + [Answer(.created, "New", .ref(.secret), headers: [.eTag, .location])],
        problems: [.conflict, .stale],
        examples: [
            Example("change", ["secret": Sample.secret], body: NamedSchema.newSecret.example, .ok),
            Example(
                "describe", ["secret": Sample.secret],
                body: ["value": .string(Secret.placeholder), "description": "of the new server"], .ok),
        ])

    static let showSecret = Operation(
        "showSecret", tag: "secrets", parameters: [.ifNoneMatch],
        answers: secretAnswers + [Answer(.notModified, "Unchanged", headers: [.eTag])], problems: [.notFound],
        examples: [Example("show", ["secret": Sample.secret], .ok)])

    static let secretValue = Operation(
        "secretValue", tag: "secrets", answers: [Answer(.ok, "The value", .ref(.secretValue))], problems: [.notFound],
        examples: [Example("value", ["secret": Sample.secret], .ok)])

    static let deleteSecret = Operation(
        "deleteSecret", tag: "secrets", parameters: [.ifMatch], answers: [Answer(.noContent, "Gone")],
        problems: [.notFound, .conflict, .stale], examples: [Example("delete", ["secret": Sample.secret], .noContent)])
}

// The audit trail.
extension Operation {
    static let listAudit = Operation(
        "listAudit", tag: "audit",
        parameters: [.limit, .cursor, .query("target", .string("run ID, job NAME, token NAME, …", length: 1...256))],
        answers: [Answer(.ok, "Newest first", NamedSchema.auditRecord.page, headers: [.link])],
        examples: [Example("newest", ["limit": 5], .ok), Example("of a job", ["target": "job hello"], .ok)])

    static let verifyAudit = Operation(
        "verifyAudit", tag: "audit",
        parameters: [
            .query("number", .integer(1 ... .max, "Of a record that was noted before")),
            .query("hash", .string("Its hash then", length: 1...64)),
        ],
        answers: [
            Answer(
                .ok, "What the walk over the whole chain found",
                .answer([
                    "ok": .boolean, "records": .integer(0 ... .max), "problem": .string().orNull,
                    "number": .integer(1 ... .max).orNull, "hash": .sha256.orNull,
                ]))
        ], examples: [Example("check", .ok)])
}

extension NamedSchema {
    static let secret = NamedSchema(
        "Secret",
        .answer([
            "name": .token, "value": .constant(.string(Secret.placeholder)), "version": .integer(1 ... .max),
            "description": .string(), "updatedAt": .instant, "updatedBy": .string(),
        ]),
        example: [
            "name": Sample.secret, "value": .string(Secret.placeholder), "version": 2,
            "description": "of the new server",
            "updatedAt": "2026-03-01T12:00:00.000Z", "updatedBy": "admin",
        ])

    static let secretValue = NamedSchema(
        "SecretValue", .answer(["name": .token, "value": .string()]),
        example: ["name": Sample.secret, "value": "correct horse"])

    /// What `NewSecret(parsing:)` reads.
    static let newSecret = NamedSchema(
        "NewSecret",
        .request(
            [
                "value": .string(
                    "The secret; \(Secret.placeholder) keeps the stored one",
                    length: Int64(Secret.shortest)...Int64(Secret.longest)),
                "description": .string(length: 0...1024),
            ], required: ["value"]),
        example: ["value": "correct horse", "description": "of the new server"])

    static let auditRecord = NamedSchema(
        "AuditRecord",
        .answer([
            "number": .integer(1 ... .max), "at": .instant, "caller": .string(), "token": .string().orNull,
            "address": .string().orNull, "action": .string("Method and route, or the path of a facade"),
            "target": .string("Empty: nothing was changed"),
            "outcome": .string("done, unchanged, a problem's code or a status"), "requestId": .string(),
            "before": .sha256.orNull, "after": .sha256.orNull, "hash": .sha256,
        ]),
        example: [
            "number": 12, "at": "2026-03-01T12:00:00.000Z", "caller": "ci", "token": Sample.token,
            "address": "127.0.0.1", "action": "PUT /api/jobs/{name}", "target": "job hello", "outcome": "done",
            "requestId": "6a2d41f09c83b75e0000000000000011", "before": .null,
            "after": .string(String(repeating: "0123456789abcdef", count: 4)),
            "hash": .string(String(repeating: "fedcba9876543210", count: 4)),
        ])
}

extension Schema {
    fileprivate static let sha256 = string(pattern: "^[0-9a-f]{64}$")
}
