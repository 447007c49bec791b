import HTTPTypes
import MartletCore

// Jobs.
extension Operation {
    static let listJobs = Operation(
        "listJobs", tag: "jobs", parameters: [.limit, .cursor],
        answers: [Answer(.ok, "By name", NamedSchema.job.page, headers: [.link])],
        examples: [Example("all", .ok), Example("first", ["limit": 1], .ok)])

    static let putJob = Operation(
        "putJob", tag: "jobs", parameters: [.ifMatch, .ifNoneMatch], body: Body(.ref(.definition)),
        answers: [
            Answer(.ok, "Changed", .ref(.job), headers: [.eTag]),
            Answer(.created, "New", .ref(.job), headers: [.eTag, .location]),
        ], problems: [.conflict, .stale],
        examples: [
            Example("change", ["name": Sample.job], body: NamedSchema.definition.example, .ok),
            Example(
                "create", ["name": "cleanup", "If-None-Match": "*"],
                body: [
                    "tasks": [["name": "sweep", "command": ["echo", "${params.folder}"]]],
                    "params": ["folder": ["default": "/var/tmp"]], "timeout": "10m",
                    "retry": ["limit": 3, "delay": "5s"],
                ], .created),
        ])

    static let showJob = Operation(
        "showJob", tag: "jobs", parameters: [.ifNoneMatch],
        answers: [
            Answer(.ok, "The job", .ref(.job), headers: [.eTag]), Answer(.notModified, "Unchanged", headers: [.eTag]),
        ], examples: [Example("show", ["name": Sample.job], .ok)])

    static let deleteJob = Operation(
        "deleteJob", tag: "jobs", parameters: [.ifMatch], answers: [Answer(.noContent, "Gone")],
        problems: [.notFound, .conflict, .stale], examples: [Example("delete", ["name": Sample.job], .noContent)])
}

// Tokens.
extension Operation {
    static let listTokens = Operation(
        "listTokens", tag: "tokens",
        answers: [Answer(.ok, "Oldest first", .answer(["items": .list(of: .ref(.token))]))],
        examples: [Example("all", .ok)])

    static let createToken = Operation(
        "createToken", tag: "tokens", body: Body(.ref(.newToken)),
        answers: [Answer(.created, "The token with its secret", .ref(.madeToken), headers: [.location])],
        problems: [.conflict], examples: [Example("create", body: NamedSchema.newToken.example, .created)])

    static let revokeToken = Operation(
        "revokeToken", tag: "tokens", answers: [Answer(.ok, "As it is now", .ref(.token))], problems: [.notFound],
        examples: [Example("revoke", ["token": Sample.token], .ok)])
}

// The server itself.
extension Operation {
    static let alive = Operation(
        "livez", tag: "server",
        answers: [Answer(.ok, "The process answers", .answer(["status": .constant("alive")]))],
        examples: [Example("live", .ok)])

    static let ready = Operation(
        "readyz", tag: "server",
        answers: [
            Answer(.ok, "Everything is fine", readiness), Answer(.serviceUnavailable, "Something is not", readiness),
        ], examples: [Example("ready", .ok)])

    private static let readiness = Schema.answer([
        "status": .words(["ready", "not ready"]),
        "checks": .map(of: .answer(["ok": .boolean, "problem": .string().orNull])),
    ])

    static let version = Operation(
        "version", tag: "server",
        answers: [Answer(.ok, "The version", .answer(["name": .constant("martlet"), "version": .string()]))],
        examples: [Example("version", .ok)])

    static let metrics = Operation(
        "metrics", tag: "server",
        answers: [
            Answer(.ok, "A page in the OpenMetrics text format", .string(), type: "application/openmetrics-text")
        ],
        examples: [Example("page", .ok, answer: "# EOF\n")])

    static let openAPI = Operation(
        "openapi", tag: "server",
        answers: [
            Answer(.ok, "This document", .map(of: .any))
        ], examples: [Example("document", .ok, answer: ["openapi": "3.1.0", "paths": [:]])])
}
