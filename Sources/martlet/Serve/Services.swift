import Backups
import CacheLoad
import Clusters
import Jobs
import Foundation
import Logging
import MartletCore
import MartletEngine
import MartletHTTP
import Scripts
import ServiceLifecycle
import Synchronization
import UnixSignals

/// A loop of the engine as a service: cancelled when the server ends, which leaves every process alone.
struct Work: Service {
    let body: @Sendable () async throws -> Void

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown(body)
        } catch is CancellationError {
            return
        }
    }
}

/// Prints where the server listens, and tells the CLI through a file.
struct Announcement: Sendable {
    let directory: DataDirectory
    /// The listener the CLI is told.
    let forCLI: Listener?
    /// Somebody looks, or this is the first start: an example of a call is welcome.
    let showsExample: Bool
    /// They make a link to log in with; nil after the first start.
    let tokens: Tokens?
    let manager: ServiceManager
    let logger: Logger

    func ready(_ listener: Listener, _ port: Int) async {
        let url = "\(listener.scheme)://\(ListenAddress(host: listener.address.host, port: port))"
        let isEverywhere = ["0.0.0.0", "::"].contains(listener.address.host)
        let own = ListenAddress(host: isEverywhere ? "127.0.0.1" : listener.address.host, port: port)
        do {
            if listener == forCLI { try directory.announce("\(listener.scheme)://\(own)") }
        } catch {
            logger.warning("the CLI cannot find this server by itself", metadata: ["error": "\(error)"])
        }
        Terminal.print("listening on \(url)")
        if showsExample, listener == forCLI, listener.facades.contains(.native) {
            Terminal.print(
                "try: curl -H \"Authorization: Bearer $(cat '\(directory.tokenFile)')\" \(listener.scheme)://\(own)/api/runs"
            )
        }
        if listener.facades.contains(.console), let link = tokens?.adminLink() {
            Terminal.print("console: \(listener.scheme)://\(own)\(ConsolePath.login(link)) (good once, for 15 minutes)")
        }
        manager.listenerIsReady()
    }
}

/// SIGHUP reads configuration and job files again. What is wrong is logged, and the last good set stays.
struct Reloader: Service {
    let control: Control
    let jobs: JobDirectory
    let scripts: TaskLoader
    let cacheLoad: CacheLoadSettingsBox
    let backups: InventoryLoader
    let clusters: ClusterBox
    let nomadJobs: JobsBox
    let certificates: [ServerCertificate]
    let tokens: Tokens
    let directory: DataDirectory
    let log: ServerLog
    let logger: Logger
    let settings: SettingsViewBox
    let notifier: Notifier
    let channels: @Sendable (ServerConfig) -> [any NoticeChannel]
    let agent: AgentDesk?
    let load: @Sendable () throws -> ServerConfig
    let admitPeer: @Sendable (ServerConfig) throws -> Void

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() { await reload() }
    }

    /// Each part by itself: what is wrong with one keeps no other from being read.
    private func reload() async {
        do {
            let fresh = try load()
            try log.change(to: fresh.logTarget)
            control.settings.replace(fresh.engine)
            cacheLoad.replace(fresh.cacheLoad)
            clusters.replace(fresh.clusters)
            nomadJobs.replace(fresh.nomadJobs)
            notifier.replace(channels(fresh))
            warnAboutTheRest(fresh)
            settings.reload(fresh.view)
            tokens.sessions.replace(idle: fresh.consoleIdleTime)
            try await replace(fresh.calendars)
            // The loaders tell what is wrong with their files.
            var isWhole = scripts.reload(fresh.scripts) == nil
            isWhole = backups.reload(fresh.backups) && isWhole
            agent?.apply(to: control)
            isWhole =
                attempt("the agents' token not read again, the one before stays") { try admitPeer(fresh) } && isWhole
            for certificate in certificates {
                isWhole =
                    attempt("certificate not reloaded, the last good one stays") { try certificate.reload() } && isWhole
            }
            isWhole =
                attempt("admin.token not read again, the token before stays") {
                    tokens.replaceAdmin(try directory.token())
                } && isWhole
            let report = try await jobs.reload()
            logger.log(
                level: isWhole ? .info : .warning, isWhole ? "reloaded" : "reloaded in part",
                metadata: [
                    "jobsStored": "\(report.stored.count)", "jobsRemoved": "\(report.removed.count)",
                    "badJobFiles": "\(report.problems.count)",
                ])
        } catch {
            logger.error("not reloaded, the last good settings stay", metadata: ["error": "\(error)"])
        }
    }

    /// Times that lie ahead may be others with other calendars.
    private func replace(_ calendars: [WorkCalendar]) async throws {
        let fresh = WorkCalendars(adding: calendars)
        guard fresh.all != control.schedules.calendars.all else { return }
        control.schedules.replace(fresh)
        for warning in try await control.calendarWarnings() {
            logger.warning("calendar incomplete", metadata: ["problem": "\(warning)"])
        }
    }

    private func attempt(_ failure: Logger.Message, _ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            logger.error(failure, metadata: ["error": "\(error)"])
            return false
        }
    }

    private func warnAboutTheRest(_ fresh: ServerConfig) {
        let waiting = settings.value.waiting(in: fresh.view)
        guard !waiting.isEmpty else { return }
        logger.warning(
            "some settings change with the next start only",
            metadata: ["settings": "\(waiting.joined(separator: ", "))"])
    }
}

/// Says at the start, and once a day, which lists are missing of calendars that schedules use.
struct CalendarWatch: Service {
    let control: Control
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                await look()
                try await Task.sleep(for: .seconds(86_400))
            }
        }
    }

    private func look() async {
        do {
            for warning in try await control.calendarWarnings() {
                logger.warning("calendar incomplete", metadata: ["problem": "\(warning)"])
            }
        } catch {
            logger.warning("calendars are not looked at today", metadata: ["error": "\(error)"])
        }
    }
}

/// Notes once a minute, and at the end, when tokens were used.
struct TokenKeeping: Service {
    let tokens: Tokens
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(60))
                await flush()
            }
        }
        await flush()
    }

    private func flush() async {
        do {
            try await tokens.flush()
        } catch {
            logger.warning("the last use of tokens is not stored", metadata: ["error": "\(error)"])
        }
    }
}

/// `--stop-runs`: ends every live run with the server, bounded by the longest grace.
struct RunStopper: Service {
    let control: Control
    let logger: Logger

    static func limit(_ control: Control) -> Duration { control.settings.value.grace.duration + .seconds(8) }

    func run() async throws {
        try? await gracefulShutdown()
        // Nothing new may start while the runs end.
        var settings = control.settings.value
        settings.limits = DispatchLimits(runs: 0)
        control.settings.replace(settings)
        do {
            try await stopAll()
        } catch {
            logger.error("not every run was stopped", metadata: ["error": "\(error)"])
        }
    }

    private func stopAll() async throws {
        let end = ContinuousClock.now + Self.limit(control)
        var asked: Set<RunID> = []
        while ContinuousClock.now < end {
            let live = try await control.store.liveRuns()
            if live.isEmpty { return }
            for run in live where asked.insert(run.id).inserted { await stop(run.id) }
            try await Task.sleep(for: .milliseconds(50))
        }
        let left = try await control.store.liveRuns()
        if !left.isEmpty { logger.warning("runs go on after their grace", metadata: ["count": "\(left.count)"]) }
    }

    private func stop(_ id: RunID) async {
        do {
            _ = try await control.stop(id, .shutdown)
        } catch {
            // It ended meanwhile, or is not stoppable: the loop looks again.
            logger.debug("run not stopped", metadata: ["run": "\(id)", "error": "\(error)"])
        }
    }
}

/// The promise that SIGTERM ends the process in time, whatever a client or a disk does. Every accepted run and
/// every end is on disk already, so leaving at once loses nothing.
struct Watchdog: Service {
    let limit: Duration
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        let limit = limit
        let logger = logger
        // Outlives this service on purpose: it guards the shutdown of the others.
        Task.detached {
            try? await Task.sleep(for: limit)
            logger.warning("shutdown took too long, leaving at once")
            _exit(0)
        }
    }
}
