import HTTPTypes
import MartletCore
import MartletEngine

// What was told to whom.
extension Operation {
    static let listNotices = Operation(
        "listNotices", tag: "notices",
        parameters: [
            .limit, .cursor, .query("channel", .string(length: 1...128)),
            .query("state", .words(NoticeState.self)), .query("group", .string(length: 1...256)),
            .query("run", .string("Id of a run that is told of, alone or in a batch", length: 1...64)),
        ],
        answers: [Answer(.ok, "Newest first", NamedSchema.notice.page, headers: [.link])],
        examples: [Example("all", .ok), Example("given up", ["state": "gaveUp", "channel": "ops"], .ok)])

    static let showNotice = Operation(
        "showNotice", tag: "notices",
        answers: [
            Answer(.ok, "The notice", .ref(.shownNotice))
        ], problems: [.notFound], examples: [Example("show", ["notice": Sample.notice], .ok)])

    static let listNoticeChannels = Operation(
        "listNoticeChannels", tag: "notices",
        answers: [
            Answer(.ok, "In the order of the configuration", .answer(["items": .list(of: .ref(.noticeChannel))]))
        ], examples: [Example("all", .ok)])

    static let testNotice = Operation(
        "testNotice", tag: "notices", body: Body(.request(["channel": .token], required: ["channel"])),
        answers: [Answer(.accepted, "It is sent like any other", .ref(.notice), headers: [.location])],
        examples: [Example("test", body: ["channel": Sample.channel], .accepted)])

    static let retryNotice = Operation(
        "retryNotice", tag: "notices",
        answers: [Answer(.accepted, "It is sent once more", .ref(.notice), headers: [.location])],
        problems: [.notFound, .conflict, .notJSON, .tooLarge],
        examples: [Example("retry", ["notice": Sample.notice], .accepted)])
}

extension NamedSchema {
    static let notice = NamedSchema("Notice", noticeMembers, example: .object(noticeExample))

    static let shownNotice = NamedSchema(
        "ShownNotice", noticeMembers.joined(with: .answer(["text": .string("The whole message")])),
        example: .object(noticeExample.merging(["text": "告警:nightly failed"]) { $1 }))

    private static let noticeMembers = Schema.answer([
        "number": .integer(1 ... .max), "channel": .string(), "state": .words(NoticeState.self),
        "title": .string("First line of the message"), "events": .list(of: .words(NoticeEvent.self)),
        "group": .string().orNull, "batch": .string().orNull,
        "run": .string("Of a notice about one run in no batch").orNull, "attempts": .integer(0 ... .max),
        "mayBeRepeated": .boolean.described("An earlier try may have arrived"),
        "error": .string("What went wrong with the last try").orNull,
        "digest": .integer(1 ... .max, "The notice whose message told of this one, too").orNull,
        "createdAt": .instant, "dueAt": .instant.orNull, "settledAt": .instant.orNull,
    ])

    private static let noticeExample: [String: JSONValue] = [
        "number": 12, "channel": "ops", "state": "sent", "title": "告警:nightly failed", "events": ["failed"],
        "group": .null, "batch": .null, "run": Sample.ended, "attempts": 1, "mayBeRepeated": false, "error": .null,
        "digest": .null, "createdAt": "2026-03-01T12:00:00.000Z", "dueAt": .null,
        "settledAt": "2026-03-01T12:00:00.250Z",
    ]

    static let noticeChannel = NamedSchema(
        "NoticeChannel",
        .answer([
            "name": .token, "kind": .string(), "target": .string("Where it leads, without anything secret"),
            "perMinute": .integer(1 ... .max).orNull, "waiting": .integer(0 ... .max),
            "heldUntil": .instant.orNull.described("Nothing is sent before: it is muted, or could not be reached"),
            "lastMinute": .integer(0 ... .max, "Messages of the last 60 seconds"),
            "deliveries": .map(of: .integer(0 ... .max)).described("Since the server started"),
        ]),
        example: [
            "name": "ops", "kind": "dingtalk", "target": "https://oapi.dingtalk.com", "perMinute": 20, "waiting": 0,
            "heldUntil": .null, "lastMinute": 1,
            "deliveries": ["sent": 1, "failed": 0, "throttled": 0, "gaveUp": 0],
        ])
}
