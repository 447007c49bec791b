import HTTPTypes
import MartletCore
import MartletHTTP

// Reading.
extension Operation {
    private static let path: [String: JSONValue] = ["volume": Sample.volume, "version": Sample.version]
    private static let one: [String: JSONValue] = ["volume": Sample.volume]

    static let listVolumes = Operation(
        "listVolumes", tag: "volumes",
        answers: [
            Answer(
                .ok, "Those of the inventory and those that have versions",
                .answer([
                    "items": .list(of: .ref(.volume)),
                    "refused": .list(of: .answer(["entry": .string(), "problem": .string()])),
                ])
            )
        ], examples: [Example("all", .ok)])

    static let showVolume = Operation(
        "showVolume", tag: "volumes", answers: [Answer(.ok, "The volume", .ref(.volume))], problems: [.notFound],
        examples: [Example("show", one, .ok)])

    static let listVersions = Operation(
        "listVersions", tag: "volumes", parameters: [.limit, .cursor],
        answers: [Answer(.ok, "Newest first", NamedSchema.volumeVersion.page)], problems: [.notFound],
        examples: [Example("all", one, .ok)])

    static let showVersion = Operation(
        "showVersion", tag: "volumes", answers: [Answer(.ok, "The version", .ref(.volumeVersion))],
        problems: [.notFound],
        examples: [Example("show", path, .ok), Example("latest", one.merging(["version": "latest"]) { $1 }, .ok)])

    static let listVersionFiles = Operation(
        "listVersionFiles", tag: "volumes",
        parameters: [
            .query("path", .string("From the volume's root; / when absent", length: 1...1024)), .limit, .cursor,
        ],
        answers: [
            Answer(
                .ok, "One level, by name",
                .answer([
                    "path": .string(), "items": .list(of: .ref(.volumeFile)),
                    "next": .string("Give it back as `cursor`; null at the end").orNull,
                ]))
        ], problems: [.notFound, .unavailable], examples: [Example("root", path, .ok)])

    static let downloadVersion = Operation(
        "downloadVersion", tag: "volumes",
        answers: [Answer(.ok, "A tar archive, compressed with gzip", .string(), type: "application/gzip")],
        problems: [.notFound, .unavailable, .conflict], examples: [Example("download", path, .ok)])
}

// Runs.
extension Operation {
    private static let start: [Parameter] = [.prefer]

    static let backUpVolume = Operation(
        "backUpVolume", tag: "volumes", parameters: start + [.idempotencyKey],
        body: Body(.request(["mode": .words(["full", "increment"])]), isRequired: false), answers: startedRun,
        problems: [.notFound, .conflict, .mismatch, .unavailable],
        examples: [Example("first rule", ["volume": Sample.volume, "Prefer": "wait=60"], .ok)])

    static let restoreVersion = Operation(
        "restoreVersion", tag: "volumes", parameters: start + [.idempotencyKey],
        body: Body(
            .request([
                "paths": .list(of: .string(length: 1...4096), 1...1000), "dryRun": .boolean,
                "keepState": .boolean.described("Whether the state before becomes a version; true when absent"),
                "to": .request(["instance": .integer(1...100_000), "volume": .string(length: 1...512)]),
            ]), isRequired: false), answers: startedRun,
        problems: [.notFound, .conflict, .mismatch, .unavailable, .forbidden],
        examples: [
            Example("try", path.merging(["Prefer": "wait=60"]) { $1 }, body: ["dryRun": true], .ok),
            Example("a file", path.merging(["Prefer": "wait=60"]) { $1 }, body: ["paths": ["/a.txt"]], .ok),
        ])

    static let deleteVersion = Operation(
        "deleteVersion", tag: "volumes", parameters: start, answers: startedRun,
        problems: [.notFound, .conflict, .unavailable],
        examples: [Example("delete", path.merging(["Prefer": "wait=60"]) { $1 }, .ok)])

    static let expireVersions = Operation(
        "expireVersions", tag: "volumes", body: Body(.request(["dryRun": .boolean]), isRequired: false),
        answers: [
            Answer(.ok, "Nothing was or is to be removed", expiry), Answer(.accepted, "A run removes them", expiry),
        ], problems: [.notFound, .conflict, .unavailable],
        examples: [
            Example(
                "preview", one, body: ["dryRun": true], .ok,
                answer: [
                    "run": .null,
                    "items": [
                        .object(
                            (NamedSchema.volumeVersion.example.object ?? [:]).merging([
                                "isKept": true, "reasons": ["younger than 30d"],
                            ]) { $1 })
                    ],
                ])
        ])

    private static let expiry = Schema.answer([
        "run": .runID.orNull,
        "items": .list(
            of: NamedSchema.volumeVersion.schema.joined(
                with: .answer(["isKept": .boolean, "reasons": .list(of: .string())]))),
    ])

    static let checkVolume = Operation(
        "checkVolume", tag: "volumes", parameters: start,
        body: Body(.request(["depth": .words(Volumes.Depth.self)]), isRequired: false), answers: startedRun,
        problems: [.notFound, .conflict, .unavailable],
        examples: [Example("structure", one.merging(["Prefer": "wait=60"]) { $1 }, body: ["depth": "structure"], .ok)])

    static let adoptVersions = Operation(
        "adoptVersions", tag: "volumes", parameters: start, body: Body(.request([:]), isRequired: false),
        answers: startedRun, problems: [.notFound, .conflict, .unavailable],
        examples: [Example("adopt", one.merging(["Prefer": "wait=60"]) { $1 }, .ok)])

    static let importVersion = Operation(
        "importVersion", tag: "volumes", parameters: start,
        body: Body(.request(["file": .string(length: 1...4096), "createdAt": .string()], required: ["file"])),
        answers: startedRun, problems: [.notFound, .conflict, .unavailable],
        examples: [
            Example(
                "import", one.merging(["Prefer": "wait=60"]) { $1 },
                body: ["file": Sample.archive, "createdAt": "2026-01-02T03:04:05Z"], .ok)
        ])

    static let drillVolume = Operation(
        "drillVolume", tag: "volumes", parameters: start,
        body: Body(
            .request(["version": .anyOf([.integer(1 ... .max), .string(length: 1...1024)])]), isRequired: false),
        answers: startedRun, problems: [.notFound, .conflict, .unavailable],
        examples: [
            Example("newest", one.merging(["Prefer": "wait=60"]) { $1 }, body: ["version": "latest"], .ok)
        ])
}

extension NamedSchema {
    static let volumeVersion = NamedSchema(
        "VolumeVersion",
        .answer([
            "number": .integer(1 ... .max), "name": .string("Unique"), "mode": .words(VolumeMode.self),
            "createdAt": .instant, "files": .integer(0 ... .max), "bytes": .integer(0 ... .max, "Of all files"),
            "added": .integer(0 ... .max, "New bytes in the repository"), "took": .string(), "node": .string(),
            "isPartial": .boolean.described("Something could not be read; the rest is whole"), "run": .runID,
        ]),
        example: [
            "number": 13, "name": "shop-shop.web.web-1-data-1763780400.tar.gz", "mode": "full",
            "createdAt": "2025-11-22T03:00:00.000Z", "files": 12, "bytes": 40960, "added": 9000, "took": "1s200ms",
            "node": "node-1", "isPartial": false, "run": Sample.ended,
        ])

    static let volumeProof = NamedSchema(
        "VolumeProof",
        .answer([
            "isGood": .boolean, "at": .instant, "lastGoodAt": .instant.orNull, "version": .integer().orNull,
            "files": .integer().orNull, "bytes": .integer().orNull, "took": .string(), "note": .string(),
        ]),
        example: [
            "isGood": true, "at": "2025-11-22T05:00:00.000Z", "lastGoodAt": "2025-11-22T05:00:00.000Z", "version": 13,
            "files": 12, "bytes": 40960, "took": "2s", "note": "12 files came back",
        ])

    static let volume = NamedSchema(
        "Volume",
        .answer([
            "id": .string("Its one-word name"), "app": .string(), "proc": .string(),
            "instance": .integer(1...100_000), "volume": .string(),
            "isDeclared": .boolean.described("false: the inventory does not have it any more"),
            "path": .string().orNull, "node": .string().orNull,
            "rules": .list(
                of: .answer([
                    "mode": .words(VolumeMode.self), "schedule": .string().orNull, "expire": .string().orNull,
                    "problem": .string().orNull,
                ])
            ),
            "versions": .integer(0 ... .max), "latest": .anyOf([.ref(volumeVersion), .null]),
            "proof": .anyOf([.ref(volumeProof), .null]),
        ]),
        example: [
            "id": Sample.volume, "app": "shop", "proc": "shop.web.web", "instance": 1, "volume": "/data",
            "isDeclared": true, "path": "/data/lain/volumes/shop/shop.web.web/1/data", "node": .null,
            "rules": [["mode": "full", "schedule": "0 3 * * *", "expire": "30d", "problem": .null]], "versions": 1,
            "latest": volumeVersion.example, "proof": volumeProof.example,
        ])

    static let volumeFile = NamedSchema(
        "VolumeFile",
        .answer([
            "name": .string(), "type": .string("file, dir, symlink, …"), "size": .integer(0 ... .max),
            "modifiedAt": .string(), "mode": .string("Octal"), "uid": .integer(), "gid": .integer(),
        ]),
        example: [
            "name": "a.txt", "type": "file", "size": 12, "modifiedAt": "2025-11-22T02:00:00Z", "mode": "644", "uid": 0,
            "gid": 0,
        ])
}
