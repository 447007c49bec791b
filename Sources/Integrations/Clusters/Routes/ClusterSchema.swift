import MartletCore
import MartletHTTP

/// Parts of clusters as the document of the API describes them.
enum ClusterSchema {
    static let base = Schema.answer([
        "version": .string("Of DolphinScheduler, 1.2.0 or later"), "deployUser": .string(), "deployDir": .string(),
    ])

    static let role = Schema.answer([
        "roleName": .words(RoleName.self),
        "roleBody": .map(of: .any).orNull.described("The role's values; ignored where it has none"),
        "roleDependHost": .list(of: .string("One of the cluster's hosts")),
    ])

    static let content = Schema.answer([
        "name": .string(), "hosts": .list(of: .string()), "base": base, "roles": .list(of: role), "remark": .string(),
    ])

    /// What a request sends.
    static func sample(_ name: String) -> JSONValue {
        let host: JSONValue = "192.0.2.10"
        func role(_ name: RoleName, _ body: JSONValue) -> JSONValue {
            ["roleName": .string(name.rawValue), "roleBody": body, "roleDependHost": [host]]
        }
        return [
            "name": .string(name), "hosts": [host],
            "base": ["version": "1.2.0", "deployUser": "easy", "deployDir": "/home/easy/ds"],
            "roles": [
                role(
                    .database,
                    [
                        "databaseType": "mysql", "databaseName": "dolphinscheduler", "account": "ds",
                        "password": "correct horse",
                    ]), role(.backend, ["serverPort": 12345]), role(.frontend, ["escProxyPort": 8888]),
                role(.master, ["masterReservedMemory": .double(0.5)]),
                role(.worker, ["workerReservedMemory": .double(0.5)]),
                role(
                    .alert,
                    [
                        "alertType": "mail", "mailSender": "ds@example.org", "mailUser": "ds@example.org",
                        "mailPasswd": "battery staple", "mailServerHost": "smtp.example.org", "mailServerPort": 25,
                        "mailSmtpSslEnable": false, "mailSmtpStarttlsEnable": false,
                    ]), role(.zookeeper, .null),
            ], "remark": "",
        ]
    }
}

extension NamedSchema {
    static let cluster = NamedSchema(
        "Cluster",
        Schema.answer([
            "id": .string("Eight hexadecimal digits"), "status": .words(ClusterStatus.self),
            "version": .integer(1 ... .max, "Saved last"),
            "deployedVersion": .integer(1 ... .max).orNull.described("Deployed last with success"),
            "deployStatus": .boolean.described("The last deploy succeeded, and none has failed since"),
            "workStatus": .boolean.described("It is started"),
            "operations": .list(of: .words(ClusterOperation.self)).described("That are allowed now"),
            "createdAt": .instant, "changedAt": .instant,
        ]).joined(with: ClusterSchema.content),
        example: .object(
            (ClusterSchema.sample("orders").object ?? [:]).merging([
                "id": Sample.cluster, "status": "prepare", "version": 1, "deployedVersion": .null,
                "deployStatus": false, "workStatus": false, "operations": ["deploy", "delete"],
                "createdAt": "2025-11-22T03:00:00.000Z", "changedAt": "2025-11-22T03:00:00.000Z",
            ]) { $1 }))

    static let clusterVersion = NamedSchema(
        "ClusterVersion",
        .answer([
            "number": .integer(1 ... .max), "savedAt": .instant, "savedBy": .string("Name of a token"),
            "note": .string("Why, where nobody typed it in").orNull,
        ]),
        example: ["number": 1, "savedAt": "2025-11-22T03:00:00.000Z", "savedBy": "admin", "note": .null])

    static let clusterHost = NamedSchema(
        "ClusterHost",
        .answer([
            "id": .string("Eight hexadecimal digits"), "ip": .string(), "name": .string(),
            "port": .integer(1...65_535), "root": .string("The mask where a password is stored"), "remark": .string(),
        ]),
        example: [
            "id": Sample.clusterHost, "ip": "192.0.2.10", "name": "h1", "port": 22, "root": "••••••••", "remark": "",
        ])

    static let clusterTemplate = NamedSchema(
        "ClusterTemplate",
        .answer([
            "id": .string("Eight hexadecimal digits"), "name": .string(), "role": .words(RoleName.self),
            "body": .map(of: .any), "remark": .string(),
        ]),
        example: [
            "id": Sample.clusterTemplate, "name": "small", "role": "master",
            "body": ["masterReservedMemory": .double(0.5)],
            "remark": "",
        ])
}
