import HTTPTypes
import MartletCore

// Browsers that log in, and figures.
extension Operation {
    private static let consoleMark = Parameter.header(
        SessionCookie.mark.canonicalName, .string("1: needed for every call by cookie that is no reading"))

    static let showSession = Operation(
        "showSession", tag: "console", answers: [Answer(.ok, "Who calls", .ref(.session))],
        examples: [Example("show", .ok)])

    static let createSession = Operation(
        "createSession", tag: "console", parameters: [consoleMark],
        body: Body(
            .request([
                "token": .string("Without it and link: the one of Authorization", length: 1...4096),
                "link": .string("What follows # in the path of a login link", length: 1...4096),
            ])),
        answers: [Answer(.created, "Logged in; the cookie is in Set-Cookie", .ref(.session))],
        problems: [.invalid, .conflict, .internal, .unavailable],
        examples: [Example("own", [SessionCookie.mark.canonicalName: "1"], body: [:], .created)])

    static let deleteSession = Operation(
        "deleteSession", tag: "console", answers: [Answer(.noContent, "Logged out")], problems: [.conflict],
        examples: [Example("log out", .noContent)])

    static let createLoginLink = Operation(
        "createLoginLink", tag: "console", body: Body(.request([:]), isRequired: false),
        answers: [
            Answer(
                .created, "Good for one browser",
                .answer(["path": .string("Goes behind the address of the server"), "expiresAt": .instant]))
        ], examples: [Example("link", .created)])

    static let showFigures = Operation(
        "showFigures", tag: "server",
        parameters: [.query("hours", .integer(1...2160, "The present one is one of them"))],
        answers: [
            Answer(
                .ok, "Hours in which nothing ended are left out",
                .answer([
                    "at": .instant, "since": .instant,
                    "present": .answer(members: counts(isEnd: false)),
                    "hours": .list(
                        of: .answer([
                            "at": .instant, "ended": .answer(members: counts(isEnd: true)),
                            "median": seconds("Half of the runs took no longer"),
                            "slow": seconds("19 of 20 runs took no longer"),
                        ])),
                ]))
        ], examples: [Example("a day", .ok), Example("a week", ["hours": 168], .ok)])

    private static func counts(isEnd: Bool) -> [String: Schema] {
        let states = RunState.allCases.filter { $0.isEnd == isEnd }
        return Dictionary(uniqueKeysWithValues: states.map { ($0.rawValue, Schema.integer(0 ... .max)) })
    }

    private static func seconds(_ text: String) -> Schema { Schema.number.orNull.described("\(text), in seconds") }
}

extension NamedSchema {
    static let session = NamedSchema(
        "Session",
        .answer([
            "name": .string("Of the token"), "role": .words(Rights.Role.self), "jobs": .list(of: .string()),
            "labels": .map(of: .string()), "secretsRead": .boolean,
            "facades": .list(of: .words(Listener.Facade.self)), "zone": .string("The server's, by its IANA name"),
            "version": .string(), "at": .instant,
        ]),
        example: [
            "name": "admin", "role": "admin", "jobs": [], "labels": [:], "secretsRead": true,
            "facades": ["console", "native"], "zone": "Asia/Shanghai", "version": "1.0.0",
            "at": "2026-03-01T12:00:00.000Z",
        ])
}
