import Backups
import CacheLoad
import Clusters
import ConsulKV
import Jobs
import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletHTTP
import MartletNotify
import Scripts

/// The settings in force, typed and checked.
struct ServerConfig: Sendable {
    let sources: SettingSources
    var listen: [Listener]
    var mostConnections: Int
    var bodyTime: Duration
    var hosts: [String]
    /// Nil: the files in the program.
    var consoleDirectory: String?
    var consoleIdleTime: TimeSpan
    var dataDirectory: String
    var jobsDirectory: String
    var engine: EngineSettings
    var logLevel: Logger.Level
    var logsJSON: Bool
    var logFile: String?
    var logRotation: ServerLogFile.Rotation
    var logsToConsole: Bool
    var notices: NoticeSettings
    var calendars: [WorkCalendar]
    var scripts: ScriptSettings
    var cacheLoad: CacheLoadSettings
    var backups: BackupSettings
    var clusters: ClusterSettings
    var nomadJobs: JobsSettings
    /// Nil: keys are kept in the server's own database.
    var consul: ConsulSettings?
    var hiddenVariables: [String]

    /// Throws one `invalid` error that names every wrong value.
    init(_ sources: SettingSources, environment: [String: String]) throws(MartletError) {
        self.sources = sources
        let reader = SettingReader(sources)
        listen = reader.listeners("listen")
        mostConnections = reader.count("limits.connections", 4096)
        bodyTime = max(.milliseconds(100), reader.span("limits.bodyTime", .seconds(60)).duration)
        hosts = reader.list("hosts")
        consoleDirectory = try sources.value("console.directory").map(Self.absolute)
        consoleIdleTime = reader.idleTime("console.idleTime")
        dataDirectory = try Self.absolute(sources.value("dataDir") ?? Self.defaultDataDirectory(environment))
        let beside = sources.file.map { URL(filePath: $0).deletingLastPathComponent().path }
        jobsDirectory = try Self.absolute(sources.value("jobsDir") ?? (beside ?? dataDirectory) + "/jobs.d")
        engine = EngineSettings(
            limits: DispatchLimits(runs: reader.count("limits.runs", 64), drivers: Self.driverLimits(reader)),
            minFree: reader.size("limits.minFree"), grace: reader.span("limits.grace", .seconds(10)),
            logCap: max(2 << 20, reader.size("log.cap") ?? 64 << 20), mostWaiters: reader.count("limits.waiters", 1000),
            requestsPerSecond: reader.count("limits.requests", 1000),
            wrongTokensPerMinute: reader.count("limits.wrongTokens", 100),
            retention: RetentionPolicy(
                age: reader.span("retention.age", .seconds(30 * 86_400)),
                runsPerJob: reader.count("retention.runsPerJob", 10_000),
                logBytes: reader.size("retention.logBytes") ?? 10 << 30,
                failedFactor: reader.count("retention.failedFactor", 2),
                audit: reader.span("retention.audit", .seconds(400 * 86_400))),
            retentionInterval: max(.seconds(1), reader.span("retention.interval", .seconds(600))))
        logLevel = Logger.Level(rawValue: reader.choice("log.level")) ?? .info
        logsJSON = reader.choice("log.format") == "json"
        logFile = try sources.value("log.file").map(Self.absolute)
        logRotation = ServerLogFile.Rotation(
            maxBytes: max(1024, reader.size("log.maxBytes") ?? 100 << 20), files: reader.count("log.files", 10))
        logsToConsole = reader.boolean("log.console")
        hiddenVariables = reader.list("scripts.hideEnv")
        notices = NoticeSettings(
            channels: reader.channels("notices.channels"), allow: reader.ranges("notices.allow"),
            sendmail: try Self.absolute(sources.value("notices.sendmail") ?? ""))
        calendars = reader.calendars("schedules.calendars")
        scripts = try Self.scripts(reader, sources)
        cacheLoad = try Self.cacheLoad(reader, sources)
        backups = try Self.backups(reader, sources, dataDirectory)
        clusters = try Self.clusters(reader, sources, dataDirectory)
        nomadJobs = try Self.nomadJobs(reader, sources, dataDirectory)
        consul = try Self.consul(reader, sources)
        try reader.check()
    }

    /// What is said about a driver by its name wins.
    private static func driverLimits(_ reader: SettingReader) -> [String: Int] {
        [
            CacheDriver.Family.load.rawValue: reader.count("cacheLoad.maxConcurrent", 4),
            CacheDriver.Family.query.rawValue: reader.count("cacheLoad.maxQueries", 8),
            VolumeBackupDriver.name: reader.count("backups.maxConcurrent", 4),
        ].merging(reader.counts("limits.drivers")) { $1 }
    }

    private static func cacheLoad(_ reader: SettingReader, _ sources: SettingSources) throws(MartletError)
        -> CacheLoadSettings
    {
        var settings = CacheLoadSettings()
        settings.bin = try sources.value("cacheLoad.bin").map(absolute)
        settings.replyFormat = CacheLoadSettings.ReplyFormat(rawValue: reader.choice("cacheLoad.replyFormat")) ?? .ids
        settings.allowWildcards = reader.boolean("cacheLoad.allowWildcards")
        settings.continueAfterMetadata = reader.boolean("cacheLoad.continueAfterMetadata")
        settings.listTimeout = reader.positiveSpan("cacheLoad.listTimeout", .seconds(30))
        settings.timeout = reader.positiveSpan("cacheLoad.timeout", .seconds(86_400))
        settings.user = sources.value("cacheLoad.user")
        return settings
    }

    private static func backups(
        _ reader: SettingReader, _ sources: SettingSources, _ dataDirectory: String
    ) throws(MartletError) -> BackupSettings {
        var settings = BackupSettings()
        settings.inventory = try sources.value("backups.inventory").map(absolute)
        settings.lainlet = reader.baseAddress("backups.lainlet")
        if settings.lainlet != nil, let file = settings.inventory {
            settings.inventory = reader.wrong("backups.inventory", file, "nothing beside backups.lainlet", nil)
        }
        settings.repository = reader.repository("backups.repository")
        settings.expires = reader.boolean("backups.expires")
        settings.jitter = reader.span("backups.jitter", settings.jitter)
        if settings.jitter > Timetable.longestJitter {
            settings.jitter = reader.wrong(
                "backups.jitter", settings.jitter.description, "at most \(Timetable.longestJitter)", .seconds(0))
        }
        settings.mostAtOnce = reader.count("backups.maxConcurrentTotal", settings.mostAtOnce)
        settings.restic = sources.value("backups.restic") ?? settings.restic
        settings.rsync = sources.value("backups.rsync") ?? settings.rsync
        settings.scratch = try sources.value("backups.scratch").map(absolute)
        settings.copiesDirectory = try sources.value("backups.copies").map(absolute)
        settings.node = sources.value("backups.node") ?? ProcessInfo.processInfo.hostName
        settings.dataDirectory = dataDirectory
        settings.advertise = reader.controllerAddress("backups.advertise")
        settings.agents.port = reader.count("backups.agentPort", settings.agents.port)
        settings.agents.tokenFile = try sources.value("backups.agentToken").map(absolute)
        settings.agents.authority = try sources.value("backups.agentCA").map(absolute)
        return settings
    }

    private static func nomadJobs(
        _ reader: SettingReader, _ sources: SettingSources, _ dataDirectory: String
    ) throws(MartletError) -> JobsSettings {
        let directory = try sources.value("jobs.allocationsDir").map(absolute) ?? dataDirectory + "/allocations"
        var settings = JobsSettings(
            node: sources.value("jobs.node") ?? "", allocationsDirectory: directory,
            replicationsDirectory: dataDirectory + "/replications")
        settings.datacenter = sources.value("jobs.datacenter") ?? settings.datacenter
        settings.region = sources.value("jobs.region") ?? settings.region
        settings.release = Version.current
        settings.openCommands = reader.boolean("jobs.openCommands")
        settings.garbage.jobs = reader.positiveSpan("jobs.gc.jobs", settings.garbage.jobs)
        settings.garbage.evaluations = reader.positiveSpan("jobs.gc.evaluations", settings.garbage.evaluations)
        settings.garbage.allocations = reader.positiveSpan("jobs.gc.allocations", settings.garbage.allocations)
        return settings
    }

    private static func consul(
        _ reader: SettingReader, _ sources: SettingSources
    ) throws(MartletError) -> ConsulSettings? {
        guard let address = reader.baseAddress("consul.address") else {
            for key in ["consul.tokenFile", "consul.ca"] {
                guard let text = sources.value(key) else { continue }
                _ = reader.wrong(key, text, "of use without consul.address", "")
            }
            return nil
        }
        var settings = ConsulSettings(address: address)
        settings.tokenFile = try sources.value("consul.tokenFile").map(absolute)
        settings.authority = try sources.value("consul.ca").map(absolute)
        return settings
    }

    private static func clusters(
        _ reader: SettingReader, _ sources: SettingSources, _ dataDirectory: String
    ) throws(MartletError) -> ClusterSettings {
        let program = Installation.directory
        var settings = ClusterSettings(
            archives: try absolute(sources.value("clusters.archives") ?? dataDirectory + "/archives"),
            ansible: sources.value("clusters.ansible") ?? ClusterPlaces.ansible(program: program),
            dataDirectory: dataDirectory)
        settings.ownPlaybooks = ClusterPlaces.ownPlaybooks(program: program)
        settings.playbooks = try sources.value("clusters.playbooks").map(absolute) ?? settings.ownPlaybooks
        settings.legacyExecuteTypes = reader.boolean("clusters.legacyExecuteTypes")
        settings.deployBesideStarted = reader.boolean("clusters.deployBesideStarted")
        settings.password = reader.password("clusters.password")
        settings.deadline = reader.positiveSpan("clusters.deadline", settings.deadline)
        return settings
    }

    private static func scripts(_ reader: SettingReader, _ sources: SettingSources) throws(MartletError)
        -> ScriptSettings
    {
        let file = try sources.value("scripts.tasks").map(absolute)
        let beside =
            file.map { URL(filePath: $0).deletingLastPathComponent().path } ?? FileManager.default.currentDirectoryPath
        var settings = ScriptSettings(
            tasksFile: file, collectDirectory: try absolute(sources.value("scripts.collectDir") ?? beside + "/collect"),
            user: sources.value("scripts.user"), sessionAge: reader.span("scripts.sessionAge", .seconds(86_400)))
        (settings.environment, settings.secrets, settings.secretNames) = reader.variables("scripts.environment")
        return settings
    }

    private static func absolute(_ path: String) throws(MartletError) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw MartletError(.invalid, "an empty path is configured") }
        let expanded = path.hasPrefix("~/") ? NSHomeDirectory() + path.dropFirst() : path
        let url = URL(filePath: expanded, relativeTo: URL(filePath: FileManager.default.currentDirectoryPath + "/"))
        let standard = url.standardizedFileURL.path
        return standard.count > 1 && standard.hasSuffix("/") ? String(standard.dropLast()) : standard
    }

    /// The user's state directory (XDG), or the system's for root without a home.
    static func defaultDataDirectory(_ environment: [String: String]) -> String {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/martlet" }
        if let home = environment["HOME"], home.hasPrefix("/") { return home + "/.local/state/martlet" }
        return systemDataDirectory
    }

    /// Where the Debian package keeps everything.
    static let systemDataDirectory = "/var/lib/martlet"
}

/// Who is told how runs ended.
struct NoticeSettings: Sendable {
    var channels: [ChannelSettings]
    /// Ranges beside the public Internet that messages may go to.
    var allow: [AddressRange]
    /// Program for mail.
    var sendmail: String
}

/// Reads typed values and gathers what is wrong with them.
private struct SettingReader {
    private let sources: SettingSources
    private let problems = Fields.Problems()

    init(_ sources: SettingSources) { self.sources = sources }

    func check() throws(MartletError) { try problems.check("the configuration") }

    func list(_ key: String) -> [String] {
        (sources.value(key) ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    func listeners(_ key: String) -> [Listener] {
        let text = sources.value(key) ?? ""
        do {
            return try ListenerSetting.entries(text).enumerated().compactMap { index, entry in
                listener(entry, entry.string == nil ? "\(key)[\(index)]" : key)
            }
        } catch {
            return wrong(key, text, "a list of addresses, or JSON: \(error)", [])
        }
    }

    private func listener(_ value: JSONValue, _ path: String) -> Listener? {
        do {
            return try Listener(value, at: path, problems: problems)
        } catch {
            for problem in error.problems { problems.add(path, problem.problem) }
            return nil
        }
    }

    func calendars(_ key: String) -> [WorkCalendar] {
        guard let text = sources.value(key) else { return [] }
        do {
            return try CalendarDirectory.read(text)
        } catch {
            for problem in error.problems { problems.add("\(key): \(problem.field)", problem.problem) }
            return []
        }
    }

    func channels(_ key: String) -> [ChannelSettings] {
        let text = (sources.value(key) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return [] }
        // What is wrong is not repeated: it may hold a token.
        guard let value = try? JSONParser.parse(Array(text.utf8)), let entries = value.array else {
            problems.add(key, "is not a list of channels; as one text it is JSON: [{\"name\": …, \"kind\": …}]")
            return []
        }
        return ChannelSettings.parse(entries, at: key, problems: problems) { path in
            FileManager.default.contents(atPath: path).map { Array($0.prefix(Secret.longest + 2)) }
        }
    }

    func ranges(_ key: String) -> [AddressRange] {
        list(key).compactMap { text in
            let range = try? AddressRange(text)
            if range == nil { problems.add(key, "\(text.prefix(100)) is not like 10.0.0.0/8 or 10.1.2.3") }
            return range
        }
    }

    func count(_ key: String, _ fallback: Int) -> Int {
        guard let text = sources.value(key) else { return fallback }
        guard case .count(let range) = kind(key), let value = Int64(text), range.contains(value) else {
            return wrong(key, text, "a whole number within its bounds", fallback)
        }
        return Int(value)
    }

    func counts(_ key: String) -> [String: Int] {
        var counts: [String: Int] = [:]
        for pair in list(key) {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, let count = Int(parts[1]), count >= 0 {
                counts[String(parts[0])] = count
            } else {
                counts = wrong(key, pair, "name=number", counts)
            }
        }
        return counts
    }

    func span(_ key: String, _ fallback: TimeSpan) -> TimeSpan {
        guard let text = sources.value(key) else { return fallback }
        return TimeSpan(text) ?? wrong(key, text, "a time span such as 30s, 5m or 1d", fallback)
    }

    func positiveSpan(_ key: String, _ fallback: TimeSpan) -> TimeSpan {
        let span = span(key, fallback)
        return span.milliseconds > 0 ? span : wrong(key, span.description, "longer than nothing", fallback)
    }

    func idleTime(_ key: String) -> TimeSpan {
        let span = span(key, Sessions.standardIdle)
        guard Sessions.idleTimes.contains(span) else {
            let (shortest, longest) = (Sessions.idleTimes.lowerBound, Sessions.idleTimes.upperBound)
            return wrong(key, span.description, "at least \(shortest) and at most \(longest)", Sessions.standardIdle)
        }
        return span
    }

    /// `http://host:9001` or `host:9001`; without a path.
    func baseAddress(_ key: String) -> String? {
        guard let text = sources.value(key) else { return nil }
        let address = text.contains("://") ? text : "http://" + text
        guard let url = URL(string: address), ["http", "https"].contains(url.scheme), url.host()?.isEmpty == false,
            ["", "/"].contains(url.path), url.query == nil, url.user == nil
        else { return wrong(key, text, "an address such as http://lainlet.lain:9001", nil) }
        return address.hasSuffix("/") ? String(address.dropLast()) : address
    }

    /// One directory for each app.
    func repository(_ key: String) -> String {
        let text = sources.value(key) ?? ""
        let isSound = text.hasPrefix("/") && text.contains("{app}") && !text.split(separator: "/").contains("..")
        return isSound ? text : wrong(key, text, "an absolute path with {app} in it", text)
    }

    func controllerAddress(_ key: String) -> String? {
        guard let text = sources.value(key), !text.isEmpty else { return nil }
        return ControllerAddress(text)?.text ?? wrong(key, text, "like http://10.0.0.9:8080", nil)
    }

    func size(_ key: String) -> Int64? {
        guard let text = sources.value(key) else { return nil }
        return ByteSize.parse(text) ?? wrong(key, text, "a size such as 64MiB or 10GB", nil)
    }

    func choice(_ key: String) -> String {
        guard let text = sources.value(key), case .choice(let words) = kind(key) else { return "" }
        return words.contains(text) ? text : wrong(key, text, "one of \(words.joined(separator: ", "))", "")
    }

    /// As the replaced services read booleans, too.
    func boolean(_ key: String) -> Bool {
        let text = sources.value(key) ?? "false"
        switch text.lowercased() {
        case "true", "t", "1": return true
        case "false", "f", "0": return false
        default: return wrong(key, text, "true or false", false)
        }
    }

    /// Plain values, the contents of the files that are named as secrets, and names of stored secrets.
    func variables(_ key: String) -> (plain: [String: String], secret: [String: Secret], stored: [String: String]) {
        var plain: [String: String] = [:]
        var secret: [String: Secret] = [:]
        var stored: [String: String] = [:]
        for line in (sources.value(key) ?? "").split(separator: "\n") {
            let name = String(line.prefix { !"=<@".contains($0) })
            let rest = String(line.dropFirst(name.count + 1))
            guard Token.isVariable(name), !name.hasPrefix("MARTLET_"), line.count > name.count else {
                plain = wrong(
                    key, name, "NAME=value, NAME<FILE or NAME@SECRET, with letters, digits and _ in the name", plain)
                continue
            }
            switch line.dropFirst(name.count).first {
            case "<": secret[name] = self.secret(key, name, file: rest)
            case "@": stored[name] = self.reference(key, name, to: rest)
            default: plain[name] = rest
            }
        }
        return (plain, secret, stored)
    }

    /// What is wrong is not repeated.
    func password(_ key: String) -> ClusterPassword? {
        guard let text = sources.value(key), !text.isEmpty else { return nil }
        guard text.hasPrefix("{"), let value = try? JSONParser.parse(Array(text.utf8)), let members = value.object
        else {
            return .given(Secret(text))
        }
        if let name = members["secret"]?.string, members.count == 1 {
            return reference(key, "secret", to: name).map(ClusterPassword.stored)
        }
        guard let file = members["file"]?.string, members.count == 1,
            let data = FileManager.default.contents(atPath: file), data.count <= Secret.longest
        else {
            problems.add(key, "must be a text, {file: PATH} of a file that can be read, or {secret: NAME}")
            return nil
        }
        return .given(Secret(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)))
    }

    private func reference(_ key: String, _ name: String, to secret: String) -> String? {
        if Token.isValid(secret) { return secret }
        problems.add("\(key).\(name)", "must be the name of a stored secret: it \(Token.rule)")
        return nil
    }

    private func secret(_ key: String, _ name: String, file: String) -> Secret? {
        guard let data = FileManager.default.contents(atPath: file) else {
            problems.add("\(key).\(name)", "the file \(file.prefix(200)) cannot be read")
            return nil
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard (Secret.shortest...Secret.longest).contains(text.utf8.count), !text.utf8.contains(0) else {
            problems.add(
                "\(key).\(name)",
                "\(file.prefix(200)) must hold \(Secret.shortest) to \(Secret.longest) bytes without NUL")
            return nil
        }
        return Secret(text)
    }

    private func kind(_ key: String) -> Setting.Kind? { Setting.table.first { $0.key == key }?.kind }

    func wrong<T>(_ key: String, _ text: String, _ expected: String, _ fallback: T) -> T {
        problems.add(key, "\(text.prefix(100)) is not \(expected)")
        return fallback
    }
}
