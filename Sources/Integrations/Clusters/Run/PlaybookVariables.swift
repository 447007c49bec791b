import MartletCore

/// Passwords of a run; nil: the cluster has none.
struct PlaybookSecrets: Sendable {
    static let database = "CLUSTER_SECRET_DATABASE"
    static let mail = "CLUSTER_SECRET_MAIL"
    static let root = "CLUSTER_SECRET_ROOT"
    static let names = [database, mail, root]

    var database: String?
    var mail: String?
    var root: String?

    init(database: String? = nil, mail: String? = nil, root: String? = nil) {
        (self.database, self.mail, self.root) = (database, mail, root)
    }

    init(_ environment: [String: String]) {
        self.init(
            database: environment[Self.database], mail: environment[Self.mail], root: environment[Self.root])
    }

    var all: [String] { [database, mail, root].compactMap { $0 } }
}

/// What `-e @FILE` reads: every text is marked so that Ansible takes it as it is and never for a template. Pure.
enum PlaybookVariables {
    /// Top key of a role's values, and their names by the document's keys.
    private static let roles: [(role: RoleName, top: String, keys: [String: String])] = [
        (.frontend, "nginx", ["escProxyPort": "esc_proxy_port"]),
        (.backend, "api", ["serverPort": "server.port"]),
        (
            .alert, "alert",
            [
                "alertType": "alert.type", "mailProtocol": "mail.protocol", "mailSender": "mail.sender",
                "mailUser": "mail.user", "mailPasswd": "mail.passwd", "mailServerHost": "mail.server.host",
                "mailServerPort": "mail.server.port", "mailSmtpSslEnable": "mail.smtp.ssl.enable",
                "mailSmtpStarttlsEnable": "mail.smtp.starttls.enable",
            ]
        ),
        (.master, "master", ["masterReservedMemory": "master.reserved.memory"]),
        (.worker, "worker", ["workerReservedMemory": "worker.reserved.memory"]),
        (.hadoop, "hadoop", ["fsDefaultFS": "fs.defaultFS"]),
        (.common, "common", ["dataStore2hdfsBasepath": "data.store2hdfs.basepath"]),
    ]

    struct Place {
        /// Absolute directory of packages on this machine.
        var archives: String?
        var run: String
        /// One line, as `authorized_keys` has it.
        var publicKey: String
    }

    /// Throws `invalid` when a password stands as a mask and there is none to put in its place.
    static func text(_ work: PlaybookWork, _ secrets: PlaybookSecrets, _ place: Place) throws(MartletError) -> String {
        let plain =
            switch work {
            case .cluster(let spec): try variables(spec.cluster, secrets, place)
            case .bootstrap(let spec): try variables(spec, secrets, place)
            }
        return PlaybookWork.text(unsafe(.object(plain))) + "\n"
    }

    private static func variables(
        _ cluster: Cluster, _ secrets: PlaybookSecrets, _ place: Place
    ) throws(MartletError) -> [String: JSONValue] {
        var all: [String: JSONValue] = ["martlet_run": .string(place.run)]
        all["martlet_archives"] = place.archives.map(JSONValue.string)
        if let body = cluster.body(of: .database) {
            all["db_password"] = try password(body["password"], secrets.database, "database")
        }
        for (role, top, names) in roles {
            var values: [String: JSONValue] = [:]
            for (key, value) in cluster.body(of: role) ?? [:] {
                guard let name = names[key] else { continue }
                values[name] = key == "mailPasswd" ? try password(value, secrets.mail, "mail") : value
            }
            all[top] = .object(values)
        }
        let quorum = cluster.hosts(of: .zookeeper).map { "\($0):2181" }.joined(separator: ",")
        all["zookeeper"] = ["zookeeper.quorum": .string(quorum)]
        return all
    }

    private static func variables(
        _ spec: BootstrapSpec, _ secrets: PlaybookSecrets, _ place: Place
    ) throws(MartletError) -> [String: JSONValue] {
        [
            "ansible_ssh_pass": try password(.string(Cluster.mask), secrets.root, "root"),
            "username": .string(spec.user), "martlet_public_key": .string(place.publicKey),
            "martlet_run": .string(place.run),
        ]
    }

    private static func password(
        _ value: JSONValue?, _ secret: String?, _ name: String
    ) throws(MartletError) -> JSONValue {
        guard value?.string == Cluster.mask else { return value ?? "" }
        guard let secret else {
            throw MartletError(
                .invalid, "the \(name) password of this run is not stored; save the cluster with it again")
        }
        return .string(secret)
    }

    private static func unsafe(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string: ["__ansible_unsafe": value]
        case .array(let items): .array(items.map(unsafe))
        case .object(let members): .object(members.mapValues(unsafe))
        case .null, .bool, .int, .double: value
        }
    }
}

extension Cluster {
    func body(of role: RoleName) -> [String: JSONValue]? { roles.first { $0.roleName == role }?.roleBody }
}
