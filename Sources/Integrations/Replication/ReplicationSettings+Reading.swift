package import MartletCore

extension ReplicationSettings {
    /// Reads a task's `Config`. Throws everything that is wrong with it.
    package init(config: [String: JSONValue], role: ReplicationRole) throws(InvalidReplication) {
        let findings = ConfigBlock.Findings()
        var block = ConfigBlock(config, findings)
        let endpoint = Self.endpoint(&block, role)
        var settings = ReplicationSettings(endpoint: endpoint ?? .kafka(KafkaSettings(topic: "", brokers: [])))
        settings.readSelection(&block)
        settings.readStart(&block)
        settings.readAmounts(&block)
        block.finish()
        if endpoint == nil, findings.problems.isEmpty {
            block.add(.value, Self.eitherEndpoint, "exactly one of them must be there")
        }
        guard findings.problems.isEmpty else { throw InvalidReplication(problems: findings.problems) }
        self = settings
    }

    /// Stands for both keys where neither is the wrong one.
    package static let eitherEndpoint = "ConnectionConfig or KafkaConfig"

    /// Nil: there is none, or two.
    private static func endpoint(_ block: inout ConfigBlock, _ role: ReplicationRole) -> Endpoint? {
        let (server, kafka) = (block.block("ConnectionConfig"), block.block("KafkaConfig"))
        let found = [server.map { .server(ConnectionSettings($0)) }, kafka.map { Endpoint.kafka(KafkaSettings($0)) }]
            .compactMap(\.self)
        guard found.count == 1 else { return nil }
        if role == .source, kafka != nil {
            block.add(.value, "KafkaConfig", "a source reads from a server: use ConnectionConfig")
        }
        return found.first
    }

    private mutating func readSelection(_ block: inout ConfigBlock) {
        replicated = block.blocks("ReplicateDoDb").map(SchemaRule.init)
        ignored = block.blocks("ReplicateIgnoreDb").map(IgnoredSchema.init)
        for word in block.texts("SqlFilter") {
            if let kind = ChangeFilter(word: word) {
                filter.insert(kind)
            } else {
                let known = ChangeFilter.allCases.map(\.rawValue).joined(separator: ", ")
                block.add(.value, "SqlFilter", "\(word.prefix(64)) is not one of \(known)")
            }
        }
        dropsTables = block.flag("DropTableIfExists")
        skipsCreation = block.flag("SkipCreateDbTable")
        expandsSyntax = block.flag("ExpandSyntaxSupport")
    }

    private mutating func readStart(_ block: inout ConfigBlock) {
        executed = block.text("Gtid")
        startingAt = block.text("GtidStart")
        startsNow = block.flag("AutoGtid")
        binlogFile = block.text("BinlogFile")
        binlogPosition = block.count("BinlogPos", 0, in: 0...Int.max)
        relaysBinlog = block.flag("BinlogRelay")
        skipsIncrement = block.flag("SkipIncrementalCopy")
        if !executed.isEmpty, !startingAt.isEmpty {
            block.add(.value, "GtidStart", "is of no use beside Gtid: leave one of them out")
        }
        if relaysBinlog, !executed.isEmpty, binlogFile.isEmpty {
            block.add(.value, "BinlogFile", "must be there where BinlogRelay and Gtid are")
        }
    }

    private mutating func readAmounts(_ block: inout ConfigBlock) {
        bufferSize = block.count("ReplChanBufferSize", in: 1...1_000_000)
        chunkSize = block.count("ChunkSize", chunkSize, in: 1...10_000_000)
        groupBytes = block.count("GroupMaxSize", groupBytes, in: 1...1 << 30)
        groupTimeout = .milliseconds(block.count("GroupTimeout", 100, in: 1...3_600_000))
        workers = block.count("ParallelWorkers", workers, in: 1...256)
        trafficLimit = block.count("TrafficAgainstLimits", trafficLimit, in: 0...1 << 30)
        retries = block.count("MaxRetries", retries, in: 0...1_000_000)
        skipsPrivilegeCheck = block.flag("SkipPrivilegeCheck")
        readPolicy(&block)
    }

    private mutating func readPolicy(_ block: inout ConfigBlock) {
        let word = block.text("ApplyPolicy", policy.rawValue)
        if let known = ApplyPolicy(rawValue: word.lowercased()) {
            policy = known
        } else {
            let known = ApplyPolicy.allCases.map(\.rawValue).joined(separator: ", ")
            block.add(.value, "ApplyPolicy", "\(word.prefix(64)) is not one of \(known)")
        }
    }
}

// MARK: Blocks

extension ConnectionSettings {
    fileprivate init(_ block: ConfigBlock) {
        var block = block
        for key in ["Host", "Port", "User", "Password"] { block.require(key) }
        self.init(
            host: block.text("Host"), port: block.count("Port", 3306, in: 1...65_535), user: block.text("User"),
            password: Secret(block.text("Password")), charset: block.text("Charset", "utf8mb4"))
        block.finish()
    }
}

extension KafkaSettings {
    fileprivate init(_ block: ConfigBlock) {
        var block = block
        for key in ["Topic", "Brokers"] { block.require(key) }
        self.init(
            topic: block.text("Topic"), brokers: block.texts("Brokers"),
            converter: block.text("Converter", "json"), timeZone: block.text("TimeZone", "UTC"))
        block.finish()
    }
}

extension SchemaRule {
    /// Two keys of dtle's own notes are taken and mean nothing: it writes them into jobs that are read back.
    fileprivate init(_ block: ConfigBlock) {
        var block = block
        self.init(
            name: block.text("TableSchema"), pattern: block.text("TableSchemaRegex"),
            rename: block.text("TableSchemaRename"), tables: block.blocks("Tables").map(TableRule.init))
        for key in ["TableSchemaRenameRegex", "TableSchemaScope"] { _ = block.text(key) }
        block.checkName(("TableSchema", name), ("TableSchemaRegex", pattern), ("TableSchemaRename", rename))
        block.finish()
    }
}

extension TableRule {
    fileprivate init(_ block: ConfigBlock) {
        var block = block
        self.init(
            name: block.text("TableName"), pattern: block.text("TableRegex"), rename: block.text("TableRename"),
            condition: block.text("Where"), columns: block.texts("ColumnMapFrom"))
        for key in ["TableRenameRegex", "TableSchema", "TableSchemaRename"] { _ = block.text(key) }
        block.checkName(("TableName", name), ("TableRegex", pattern), ("TableRename", rename))
        block.finish()
    }
}

extension IgnoredSchema {
    fileprivate init(_ block: ConfigBlock) {
        var block = block
        let name = block.text("TableSchema")
        let tables = block.blocks("Tables").map { table in
            var table = table
            _ = table.text("TableSchema")
            let name = table.text("TableName")
            if name.isEmpty { table.add(.value, "TableName", "must name a table") }
            table.finish()
            return name
        }
        self.init(name: name, tables: tables)
        if name.isEmpty { block.add(.value, "TableSchema", "must name a schema") }
        block.finish()
    }
}

extension ConfigBlock {
    /// A name, or a pattern with a template for the new name.
    fileprivate func checkName(
        _ name: (key: String, text: String), _ pattern: (key: String, text: String),
        _ rename: (key: String, text: String)
    ) {
        switch (name.text.isEmpty, pattern.text.isEmpty) {
        case (true, true): add(.value, name.key, "must be there, or \(pattern.key) with \(rename.key)")
        case (false, false): add(.value, pattern.key, "is of no use beside \(name.key): leave one of them out")
        case (true, false):
            if rename.text.isEmpty {
                add(.value, rename.key, "must be there where \(pattern.key) is: a template such as new_${1}")
            }
            if let problem = Pattern.problem(pattern.text) { add(.value, pattern.key, problem) }
        case (false, true): break
        }
    }
}
