import MartletCore
import Testing

@testable import Replication

/// jobs-replication contract C.1 and C.2: every key of a task's configuration.
@Suite struct ReplicationSettingsTests {
    private static let connection: JSONValue = [
        "Host": "127.0.0.1", "Port": 3306, "User": "repl", "Password": "hunter22",
    ]

    private func read(
        _ config: [String: JSONValue] = [:], _ role: ReplicationRole = .source, connection: JSONValue? = connection
    ) throws -> ReplicationSettings {
        var config = config
        config["ConnectionConfig"] = connection
        return try ReplicationSettings(config: config, role: role)
    }

    /// What is said about a configuration: `kind path+key: fix`.
    private func problems(
        _ config: [String: JSONValue], _ role: ReplicationRole = .source, connection: JSONValue? = connection
    ) -> [String] {
        do {
            _ = try read(config, role, connection: connection)
            return []
        } catch {
            return ((error as? InvalidReplication)?.problems ?? []).map { "\($0.kind) \($0)" }
        }
    }

    @Test func `without anything but a connection the defaults are dtle's`() throws {
        let settings = try read()
        guard case .server(let server) = settings.endpoint else { throw InvalidReplication(problems: []) }
        #expect(server.host == "127.0.0.1" && server.port == 3306 && server.user == "repl")
        #expect(server.password.exposed == "hunter22" && server.charset == "utf8mb4")
        #expect(settings.replicated.isEmpty && settings.ignored.isEmpty && settings.filter.isEmpty)
        #expect(!settings.dropsTables && !settings.skipsCreation && !settings.expandsSyntax)
        #expect(settings.executed.isEmpty && settings.startingAt.isEmpty && !settings.startsNow)
        #expect(settings.binlogFile.isEmpty && settings.binlogPosition == 0 && !settings.relaysBinlog)
        #expect(settings.bufferSize == nil && settings.chunkSize == 2000 && settings.groupBytes == 1)
        #expect(settings.groupTimeout == .milliseconds(100) && settings.workers == 1 && settings.retries == 5)
        #expect(settings.policy == .idempotent)
        #expect(settings.trafficLimit == 0 && !settings.skipsPrivilegeCheck && !settings.skipsIncrement)
    }

    @Test func `every flag, text and number is read from its own key`() throws {
        typealias Look = (ReplicationSettings) -> Bool
        let cases: [(String, JSONValue, Look)] = [
            ("DropTableIfExists", true, { $0.dropsTables }), ("SkipCreateDbTable", "true", { $0.skipsCreation }),
            ("ExpandSyntaxSupport", true, { $0.expandsSyntax }), ("Gtid", "a:1-5", { $0.executed == "a:1-5" }),
            ("GtidStart", "a:6", { $0.startingAt == "a:6" }), ("AutoGtid", true, { $0.startsNow }),
            ("BinlogFile", "bin.000002", { $0.binlogFile == "bin.000002" }),
            ("BinlogPos", 4, { $0.binlogPosition == 4 }), ("BinlogRelay", true, { $0.relaysBinlog }),
            ("ReplChanBufferSize", 32, { $0.bufferSize == 32 }), ("ChunkSize", "7", { $0.chunkSize == 7 }),
            ("GroupMaxSize", 1_048_576, { $0.groupBytes == 1_048_576 }),
            ("GroupTimeout", 50, { $0.groupTimeout == .milliseconds(50) }),
            ("ParallelWorkers", 4, { $0.workers == 4 }), ("SkipPrivilegeCheck", true, { $0.skipsPrivilegeCheck }),
            ("SkipIncrementalCopy", true, { $0.skipsIncrement }),
            ("ApplyPolicy", "Strict", { $0.policy == .strict }),
            ("TrafficAgainstLimits", 10, { $0.trafficLimit == 10 }), ("MaxRetries", 3, { $0.retries == 3 }),
        ]
        for (key, value, look) in cases {
            #expect(try look(read([key: value])), "\(key)")
            #expect(try !look(read()), "\(key) is not its default")
            #expect(try read([key: .null]) == read(), "\(key): null is none")
        }
    }

    @Test func `blocks are objects or lists of objects`() throws {
        let rule: JSONValue = [
            "TableSchema": "db1", "TableSchemaRename": "db2",
            "Tables": [
                ["TableName": "t1", "TableRename": "t2", "Where": "id > 7", "ColumnMapFrom": ["a", "b"]],
                ["TableRegex": "^log_(.*)$", "TableRename": "old_${1}"],
            ],
        ]
        let expected = SchemaRule(
            name: "db1", rename: "db2",
            tables: [
                TableRule(name: "t1", rename: "t2", condition: "id > 7", columns: ["a", "b"]),
                TableRule(pattern: "^log_(.*)$", rename: "old_${1}"),
            ])
        #expect(try read(["ReplicateDoDb": rule]).replicated == [expected])
        #expect(
            try read(["ReplicateDoDb": [rule, ["TableSchemaRegex": "x.*", "TableSchemaRename": "y"]]]).replicated == [
                expected, SchemaRule(pattern: "x.*", rename: "y"),
            ])
        #expect(
            try read(["ReplicateIgnoreDb": ["TableSchema": "a", "Tables": ["TableName": "t", "TableSchema": "a"]]])
                .ignored == [
                    IgnoredSchema(name: "a", tables: ["t"])
                ])
        #expect(try read(connection: [Self.connection]) == read())
        #expect(
            problems([:], connection: [Self.connection, Self.connection]) == [
                "type ConnectionConfig: no more than one block is allowed"
            ])
        let internals: JSONValue = [
            "TableSchema": "a", "TableSchemaScope": "schemas", "TableSchemaRenameRegex": "",
            "Tables": ["TableName": "t", "TableSchema": "a", "TableSchemaRename": "", "TableRenameRegex": ""],
        ]
        #expect(problems(["ReplicateDoDb": internals]).isEmpty)
    }

    @Test func `words of SqlFilter are known in any case`() throws {
        for kind in ChangeFilter.allCases {
            #expect(try read(["SqlFilter": [.string(kind.rawValue.uppercased())]]).filter == [kind])
        }
        #expect(
            problems(["SqlFilter": ["NoFun"]]).first?.hasPrefix("value SqlFilter: NoFun is not one of NoDML, ") == true)
        #expect(problems(["SqlFilter": "NoDML"]) == ["type SqlFilter: list of string required"])
    }

    @Test func `a target may write to Kafka, a source may not`() throws {
        let kafka: JSONValue = ["Topic": "t", "Brokers": ["k:9092"], "TimeZone": "Asia/Shanghai"]
        let settings = try read(["KafkaConfig": kafka], .target, connection: nil)
        #expect(settings.endpoint == .kafka(KafkaSettings(topic: "t", brokers: ["k:9092"], timeZone: "Asia/Shanghai")))
        #expect(
            problems(["KafkaConfig": ["Topic": "t"]], .target, connection: nil) == [
                "missing KafkaConfig.Brokers: is missing"
            ])
        #expect(
            problems(["KafkaConfig": kafka], connection: nil) == [
                "value KafkaConfig: a source reads from a server: use ConnectionConfig"
            ])
        let either = ["value ConnectionConfig or KafkaConfig: exactly one of them must be there"]
        #expect(problems([:], connection: nil) == either)
        #expect(problems(["KafkaConfig": kafka], .target) == either)
    }

    @Test func `what is wrong is named with its place and its fix`() {
        let cases: [([String: JSONValue], String)] = [
            (["NoSuch": 1], "unknown NoSuch: there is no such key; leave it out"),
            (["ChunkSize": "x"], "type ChunkSize: a number is required"),
            (["ChunkSize": 0], "value ChunkSize: must be a whole number from 1 to 10000000"),
            (["ChunkSize": .double(1.5)], "value ChunkSize: must be a whole number from 1 to 10000000"),
            (["BinlogPos": -1], "value BinlogPos: must be a whole number from 0 up"),
            (["ParallelWorkers": .double(1e300)], "value ParallelWorkers: must be a whole number from 1 to 256"),
            (["AutoGtid": "maybe"], "type AutoGtid: a bool is required"),
            (["ApplyPolicy": "loose"], "value ApplyPolicy: loose is not one of strict, idempotent"),
            (["Gtid": []], "type Gtid: a string is required"),
            (["Gtid": "a", "GtidStart": "b"], "value GtidStart: is of no use beside Gtid: leave one of them out"),
            (["Gtid": "a", "BinlogRelay": true], "value BinlogFile: must be there where BinlogRelay and Gtid are"),
            (["ReplicateDoDb": "db1"], "type ReplicateDoDb: a block is required: an object, or a list of objects"),
            (
                ["ReplicateDoDb": [["TableSchema": "a"], ["Tables": []]]],
                "value ReplicateDoDb[1].TableSchema: must be there, or TableSchemaRegex with TableSchemaRename"
            ),
            (
                ["ReplicateDoDb": ["TableSchema": "a", "Tables": ["TableName": "t", "Filter": "x"]]],
                "unknown ReplicateDoDb[0].Tables[0].Filter: there is no such key; leave it out"
            ),
            (
                ["ReplicateDoDb": ["TableSchemaRegex": "a.*"]],
                "value ReplicateDoDb[0].TableSchemaRename: must be there where TableSchemaRegex is: a template such as new_${1}"
            ),
            (
                ["ReplicateDoDb": ["TableSchema": "b", "TableSchemaRegex": "a.*", "TableSchemaRename": "c"]],
                "value ReplicateDoDb[0].TableSchemaRegex: is of no use beside TableSchema: leave one of them out"
            ),
            (["ReplicateIgnoreDb": [["Tables": []]]], "value ReplicateIgnoreDb[0].TableSchema: must name a schema"),
        ]
        for (config, expected) in cases { #expect(problems(config) == [expected], "\(config)") }
        #expect(
            problems([:], connection: ["Host": "h", "Port": "x"]) == [
                "missing ConnectionConfig.User: is missing", "missing ConnectionConfig.Password: is missing",
                "type ConnectionConfig.Port: a number is required",
            ])
        #expect(
            problems(["A": 1], connection: ["Host": "h", "Port": 70_000, "User": "u", "Password": 1, "Pass": "x"]) == [
                "value ConnectionConfig.Port: must be a whole number from 1 to 65535",
                "unknown ConnectionConfig.Pass: there is no such key; leave it out",
                "unknown A: there is no such key; leave it out",
            ])
    }

    @Test(arguments: ["a(b", "(?=x)", "(?<!x)y", "(a)\\1", "[", String(repeating: "x", count: 1001)])
    func `patterns that cannot be matched in bounded time are refused`(pattern: String) {
        let rule: JSONValue = ["TableSchemaRegex": .string(pattern), "TableSchemaRename": "x"]
        let found = problems(["ReplicateDoDb": rule])
        #expect(found.count == 1 && found[0].hasPrefix("value ReplicateDoDb[0].TableSchemaRegex: "), "\(found)")
    }

    @Test func `a role comes from the groups' names, or else from the tasks'`() {
        let words: [(String, ReplicationRole)] = [
            ("src", .source), ("Source", .source), ("dst", .target), ("DEST", .target), ("destination", .target),
        ]
        for (word, role) in words { #expect(ReplicationRole(name: word) == role) }
        #expect(ReplicationRole(name: "foo") == nil)
        // As in dtle 3.20.
        #expect(ReplicationRole(group: "src", task: "t", groups: ["src", "dest"]) == .source)
        #expect(ReplicationRole(group: "foo", task: "src", groups: ["foo", "dest"]) == nil)
        // As in dtle 3.21.
        #expect(ReplicationRole(group: "g1", task: "dest", groups: ["g0", "g1"]) == .target)
        #expect(ReplicationRole(group: "g1", task: "t", groups: ["g0", "g1"]) == nil)
    }

    @Test func `a password is not shown with the settings`() throws {
        #expect(!"\(try read())".contains("hunter22"))
    }
}
