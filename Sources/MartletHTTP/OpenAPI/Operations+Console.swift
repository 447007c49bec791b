import HTTPTypes
import MartletCore

// Browsers that log in, and figures.
extension Operation {
    private static let consoleMark = Parameter.header(
        SessionCookie.mark.canonicalName,
        .string("The mark of the session; needed for every call by cookie that is no reading, and for the login"))

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

    static let useSession = Operation(
        "useSession", tag: "console", answers: [Answer(.noContent, "Noted")], problems: [.notJSON, .tooLarge],
        examples: [Example("here", .noContent)])

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

    static let listSettings = Operation(
        "listSettings", tag: "server",
        answers: [
            Answer(
                .ok, "As they are in force",
                .answer([
                    "file": .string("That was read").orNull, "items": .list(of: .ref(.setting)),
                    "listeners": .list(of: .ref(.listener)),
                ]))
        ], examples: [Example("all", .ok)])

    static let showFigures = Operation(
        "showFigures", tag: "server",
        parameters: [.query("hours", .integer(1...2160, "The present one is one of them"))],
        answers: [
            Answer(
                .ok,
                "Hours in which nothing ended are left out; for a token of some jobs or labels they may begin later (since)",
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
    static let setting = NamedSchema(
        "Setting",
        .answer([
            "name": .string("Key in the file"), "value": .any.described("Without what is secret"),
            "source": .words(SettingsView.Origin.self), "from": .string("Which variable or file"),
            "isSecret": Schema.boolean.described("The value, or a part of it, is not told"),
            "variable": .string("Environment variable of the key"), "kind": .string(), "description": .string(),
            "needsRestart": Schema.boolean.described("A change counts with the next start only"),
        ]),
        example: [
            "name": "retention.age", "value": "30d", "source": "environment",
            "from": "environment MARTLET_RETENTION_AGE", "isSecret": false, "variable": "MARTLET_RETENTION_AGE",
            "kind": "time span", "description": "ended runs are kept so long", "needsRestart": false,
        ])

    static let listener = NamedSchema(
        "Listener",
        .answer([
            "address": .string("HOST:PORT"), "facades": .list(of: .words(Listener.Facade.self)),
            "open": Schema.list(of: .words(Listener.Facade.self)).described("Those that take calls without a token"),
            "auth": .words(Listener.Authentication.allCases.map(\.rawValue) + [Listener.mixed]),
            "allow": Schema.list(of: .string()).described("Address ranges; none: anybody"), "tls": .boolean,
        ]),
        example: [
            "address": "127.0.0.1:8080", "facades": ["native", "console", "scripts"], "open": ["scripts"],
            "auth": "mixed", "allow": [], "tls": false,
        ])

    static let session = NamedSchema(
        "Session",
        .answer(
            [
                "name": .string("Of the token"), "role": .words(Rights.Role.self), "jobs": .list(of: .string()),
                "labels": .map(of: .string()), "secretsRead": .boolean,
                "facades": .list(of: .words(Listener.Facade.self)), "zone": .string("The server's, by its IANA name"),
                "idleSeconds": .integer(1 ... .max, "A browser in which nobody does anything is logged out after them"),
                "version": .string(), "at": .instant,
            ],
            optional: [
                "mark": .string("After a login: the value of X-Martlet-Console in every further call of the page")
            ]),
        example: [
            "name": "admin", "role": "admin", "jobs": [], "labels": [:], "secretsRead": true,
            "facades": ["console", "native"], "zone": "Asia/Shanghai", "idleSeconds": 1800, "version": "1.0.0",
            "at": "2026-03-01T12:00:00.000Z",
        ])
}
