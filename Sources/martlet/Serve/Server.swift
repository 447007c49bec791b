import Backups
import CacheLoad
import Clusters
import Console
import ConsulKV
import Jobs
import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletHTTP
import MartletNotify
import MartletProcess
import MartletStore
import MartletYAML
import Scripts
import ServiceLifecycle
import UnixSignals

/// The whole server: everything is made here and nowhere else, in the order it depends on each other.
struct Server {
    /// Ends the process when the services do not end by themselves.
    static let shutdownLimit = Duration.seconds(9)

    let config: ServerConfig
    let stopRuns: Bool
    let reload: @Sendable () throws -> ServerConfig
    let environment: [String: String]
    /// This server is the agent of a node.
    var agent: AgentRole?

    /// Serves until it is told to end. Runs go on after that, unless `stopRuns`.
    func run() async throws {
        let directory = DataDirectory(path: config.dataDirectory)
        let isNew = FileStatus(directory.tokenFile) == nil
        try directory.prepare()
        guard Installation.hasKeeper else {
            throw MartletError(.invalid, "the program \(Installation.keeper) is missing; it belongs beside martlet")
        }
        let lock = try DirectoryLock(dataDirectory: config.dataDirectory)
        let log = try ServerLog(config.logTarget)
        let logger = log.logger("martlet")
        let feed = RunFeed(mostWaiters: config.engine.mostWaiters)
        let meter = RunMeter()
        let notices = NoticeDesk()
        let harvest = RunHarvest()
        let store = try SQLiteStore(
            directory: URL(filePath: config.dataDirectory), meter: meter, notices: notices,
            harvest: harvest, onCommit: { feed.publish($0) })
        let scripts = Scripts(
            settings: config.scripts, martlet: Installation.program, logger: log.logger("scripts"))
        try scripts.loader.start()
        let cacheLoad = CacheLoad(settings: config.cacheLoad, version: Version.current)
        cacheLoad.warnWhenMissing(log.logger("cacheLoad"))
        let backups = try Backups(
            settings: config.backups, martlet: Installation.program, agent: agent?.settings,
            mostWaiters: config.engine.mostWaiters, logger: log.logger("backups"),
            copyStore: StoreCopy(directory: directory, config: config).write)
        try backups.loader.start()
        let clusters = Clusters(settings: config.clusters, martlet: Installation.program)
        let nomadJobs = Jobs(settings: config.nomadJobs, martlet: Installation.program)
        let keys: any CheckpointStore =
            try config.consul.map { try ConsulStore($0) } ?? EmbeddedCheckpoints(store)
        let control = try control(
            store, feed, meter, notices,
            ScheduleDesk(
                calendars: WorkCalendars(adding: config.calendars), works: [scripts.work, cacheLoad.work, backups.work]),
            [CommandDriver(), scripts.driver] + cacheLoad.drivers + backups.drivers
                + clusters.drivers + nomadJobs.drivers)
        // An agent that has a controller hands over what its runs leave, with their records.
        harvest.gather { [drivers = control.drivers, box = backups.box] in
            box.inventory.ownsCatalogue ? drivers.yields(of: $0) : []
        }
        backups.agent?.apply(to: control)
        notices.describe { [drivers = control.drivers] run, secrets in drivers.noticePart(of: run, hiding: secrets) }
        let notifier = Notifier(
            store: store, desk: notices, channels: Self.channels(config, store), now: control.now,
            logger: log.logger("notices"))
        let jobs = JobDirectory(
            path: config.jobsDirectory, control: control, logger: logger, parse: YAMLDocument.parse)
        let report = try await jobs.reload()
        logger.info(
            "server starting",
            metadata: [
                "version": "\(Version.current)", "dataDir": "\(config.dataDirectory)",
                "jobFiles": "\(report.stored.count)", "badJobFiles": "\(report.problems.count)",
            ])
        let tokens = try await Tokens(
            store: store, admin: directory.token(), idle: config.consoleIdleTime)
        try admitPeer(tokens, config.backups)
        let group = ServiceGroup(
            configuration: groupConfiguration(
                try services(
                    control, jobs, scripts, cacheLoad, backups, clusters, nomadJobs, keys, log, directory,
                    isNew: isNew, tokens, notifier
                ) {
                    Self.channels($0, store)
                }, logger))
        defer {
            directory.withdraw()
            do { try store.close() } catch {
                logger.warning("store not closed cleanly", metadata: ["error": "\(error)"])
            }
            log.flush()
            withExtendedLifetime(lock) {}
        }
        try await group.run()
        logger.info("server ended")
    }

    /// A controller's token on an agent, the agents' token on a controller.
    private func admitPeer(_ tokens: Tokens, _ settings: BackupSettings) throws(MartletError) {
        if let agent {
            if let file = agent.tokenFile { tokens.replacePeer(try TokenFile.read(file), .controller) }
        } else if let file = settings.agents.tokenFile {
            tokens.replacePeer(try TokenFile.read(file), .agents)
        }
    }

    private static func channels(_ config: ServerConfig, _ store: SQLiteStore) -> [any NoticeChannel] {
        let guardian = AddressGuard(allow: config.notices.allow)
        return config.notices.channels.map { settings in
            DeliveryChannel(settings, sendmail: config.notices.sendmail, guardian: guardian) {
                try await store.secretValues(of: $0)
            }
        }
    }

    private func control(
        _ store: SQLiteStore, _ feed: RunFeed, _ meter: RunMeter, _ notices: NoticeDesk,
        _ schedules: ScheduleDesk, _ drivers: [any Driver]
    ) throws -> Control {
        let executor = try LocalExecutor(
            dataDirectory: config.dataDirectory, keeper: Installation.keeper,
            baseEnvironment: Installation.taskEnvironment(environment, hiding: config.hiddenVariables),
            keeperEnvironment: Installation.keeperEnvironment(environment)
        ) { address in (store.nonce(for: "mark", address), store.nonce(for: "seal", address)) }
        let path = config.dataDirectory
        return Control(
            store: store, executor: executor, files: FileLogReader(dataDirectory: path),
            drivers: Drivers(drivers), feed: feed, settings: SettingsBox(config.engine),
            meter: meter, notices: notices, schedules: schedules
        ) {
            // A directory that cannot be asked about has no room for runs.
            guard let space = try? DiskSpace.free(at: path) else { return DiskState(free: 0, total: 0) }
            return DiskState(free: space.free, total: space.total)
        }
    }

    /// In the order of starting; they end in the reverse one.
    private func services(
        _ control: Control, _ jobs: JobDirectory, _ scripts: Scripts, _ cacheLoad: CacheLoad,
        _ backups: Backups, _ clusters: Clusters, _ nomadJobs: Jobs, _ keys: any CheckpointStore,
        _ log: ServerLog, _ directory: DataDirectory, isNew: Bool, _ tokens: Tokens, _ notifier: Notifier,
        channels: @escaping @Sendable (ServerConfig) -> [any NoticeChannel]
    ) throws -> [any Service] {
        let logger = log.logger("martlet")
        let dispatcher = Dispatcher(control: control, dataDirectory: config.dataDirectory, logger: logger)
        let housekeeper = Housekeeper(control: control, logger: logger)
        let keeper = ReadinessCheck("executor") {
            Installation.hasKeeper ? nil : "the program \(Installation.keeper) is missing"
        }
        let settings = SettingsViewBox(config.view)
        let api = NativeAPI(
            control: control, tokens: tokens, hosts: config.hosts,
            addresses: config.listen.map(\.address.urlHost),
            version: Version.current, checks: [keeper], settings: settings,
            extra: scripts.routes + backups.routes + (agent == nil ? clusters.routes + nomadJobs.routes : []),
            figures: { try await backups.figures($0) + nomadJobs.figures($0) },
            facades: agent == nil
                ? [
                    ConsoleFacade(directory: config.consoleDirectory), scripts.facade, cacheLoad.facade,
                    clusters.facade, backups.facade, KeysFacade(keys), nomadJobs.facade,
                ]
                : [backups.facade])
        let announcement = Announcement(
            directory: directory, forCLI: config.listenerForCLI,
            showsExample: isNew || Terminal.isTerminal(STDOUT_FILENO), tokens: isNew ? tokens : nil,
            manager: ServiceManager(environment, listeners: config.listen.count, logger: logger), logger: logger)
        var certificates: [ServerCertificate] = []
        let listeners = try config.listen.map { listener in
            let certificate = try listener.certificate.map(ServerCertificate.init)
            if let certificate { certificates.append(certificate) }
            return try api.service(
                listener, certificate: certificate, connections: config.mostConnections, bodyTime: config.bodyTime,
                logger: log.logger("http")
            ) { port in await announcement.ready(listener, port) }
        }
        var services: [any Service] = [Work { try await dispatcher.run() }]
        if stopRuns { services.append(RunStopper(control: control, logger: logger)) }
        let scheduler = Scheduler(control: control, logger: log.logger("schedules"))
        services.append(Work { await scheduler.run() })
        let rules = RuleSchedules(control: control, box: backups.box, logger: log.logger("backups"))
        services.append(Work { try await rules.run() })
        let lainlet = LainletWatch(control: control, box: backups.box, logger: log.logger("backups"))
        if agent == nil, config.backups.lainlet != nil { services.append(Work { try await lainlet.run() }) }
        let expiry = Expiry(control: control, box: backups.box, logger: log.logger("backups"))
        services.append(Work { try await expiry.run() })
        services.append(CalendarWatch(control: control, logger: log.logger("schedules")))
        services.append(Work { await housekeeper.run() })
        services.append(Work { await notifier.run() })
        let care = PlaybookCare(
            control: control, dataDirectory: config.dataDirectory, logger: log.logger("clusters"))
        services.append(Work { try await care.run() })
        if agent == nil {
            let nomad = NomadScheduler(nomadJobs.nomad(control), logger: log.logger("jobs"))
            services.append(Work { await nomad.run() })
            let replications = nomadJobs.replicationCare(control, keys: keys, logger: log.logger("jobs"))
            services.append(Work { try await replications.run() })
        }
        if let nodes = backups.nodes {
            let service = NodeService(desk: nodes, control: control)
            services.append(Work { await service.run() })
        }
        if let desk = backups.agent {
            let doorbell = AgentDoorbell(
                desk: desk, control: control, box: backups.box, tokenFile: agent?.tokenFile,
                isSecure: config.listen.contains { $0.certificate != nil }, logger: log.logger("backups"))
            services.append(Work { await doorbell.run() })
            if let addresses = backups.notifyAddresses {
                let daemon = DaemonNotifier(
                    desk: desk, control: control, box: backups.box, addresses: addresses,
                    logger: log.logger("backups"))
                services.append(Work { await daemon.run() })
            }
        }
        services.append(TokenKeeping(tokens: tokens, logger: logger))
        services.append(
            Reloader(
                control: control, jobs: jobs, scripts: scripts.loader, cacheLoad: cacheLoad.settings,
                backups: backups.loader, clusters: clusters.box, nomadJobs: nomadJobs.box, certificates: certificates,
                tokens: tokens,
                directory: directory, log: log,
                logger: logger,
                settings: settings, notifier: notifier, channels: channels, agent: backups.agent, load: reload,
                admitPeer: { try admitPeer(tokens, $0.backups) }))
        services += scripts.services(control: control, logDirectory: directory.logs)
        return services + listeners + [Watchdog(limit: shutdownLimit(control), logger: logger)]
    }

    private func shutdownLimit(_ control: Control) -> Duration {
        stopRuns ? RunStopper.limit(control) + Self.shutdownLimit : Self.shutdownLimit
    }

    private func groupConfiguration(_ services: [any Service], _ logger: Logger) -> ServiceGroupConfiguration {
        var configuration = ServiceGroupConfiguration(
            services: services.map { service in
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: service, successTerminationBehavior: .gracefullyShutdownGroup)
            }, logger: logger)
        configuration.gracefulShutdownSignals = [.sigterm, .sigint]
        return configuration
    }
}

extension ServerConfig {
    /// Where commands on this machine reach the API: without TLS when there is a choice.
    var listenerForCLI: Listener? {
        let native = listen.filter { $0.facades.contains(.native) }
        return native.first { $0.certificate == nil } ?? native.first
    }

    var logTarget: ServerLog.Target {
        ServerLog.Target(
            level: logLevel, isJSON: logsJSON, file: logFile, rotation: logRotation, isOnConsole: logsToConsole)
    }
}
