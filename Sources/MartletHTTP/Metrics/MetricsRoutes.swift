import Hummingbird
import MartletCore
import MartletEngine

/// The server's figures, for Prometheus and its kind. They are about the whole server, so the token must be, too.
struct MetricsRoutes: Sendable {
    let meter: RequestMeter
    let version: String
    var figures: @Sendable (Control) async throws -> [Figure] = { _ in [] }

    var routes: [Route] {
        [Route(.get, "/metrics", "The server's figures (OpenMetrics)", access: .server(.read), .metrics, page)]
    }

    @Sendable private func page(_ call: Call) async throws -> Response {
        var page = OpenMetricsPage()
        try await page.runs(call.control)
        try await page.notices(call.control)
        page.schedules(call.control.schedules.meter.counts)
        for figure in try await figures(call.control) { page.gauge(figure.name, figure.help, figure.samples) }
        page.requests(meter.counts, open: meter.connections)
        page.server(call.control, version)
        page.process(ProcessFacts())
        page.end()
        return Response(.ok, OpenMetricsPage.contentType, Array(page.text.utf8))
    }
}

/// A gauge of an integration.
package struct Figure: Sendable {
    let name: String
    let help: String
    let samples: [(labels: KeyValuePairs<String, String>, value: Double)]

    /// Labels have values from closed sets, such as the names in a configuration: never a path or an id. The ids of jobs that
    /// replicate are the exception, as dtle's own gauges have them.
    package init(
        _ name: String, _ help: String, _ samples: [(labels: KeyValuePairs<String, String>, value: Double)]
    ) {
        self.name = name
        self.help = help
        self.samples = samples
    }
}

extension OpenMetricsPage {
    fileprivate mutating func runs(_ control: Control) async throws {
        let counts = control.meter.counts
        let drivers = Set(control.drivers.names).union(counts.started.keys).union(counts.ended.keys.map(\.driver))
            .sorted()
        counter(
            "martlet_runs_started", "Runs whose first attempt was started.",
            drivers.map { (["driver": $0], Double(counts.started[$0] ?? 0)) })
        counter(
            "martlet_runs_ended", "Runs that ended, by state.",
            drivers.flatMap { driver in
                RunState.allCases.filter(\.isEnd).map { state in
                    let count = counts.ended[RunMeter.End(driver: driver, state: state)] ?? 0
                    return (["driver": driver, "state": state.rawValue], Double(count))
                }
            })
        histogram(
            "martlet_run_seconds", "How long the tasks of ended runs worked.",
            drivers.map { (["driver": $0], counts.seconds[$0] ?? RunMeter.runSeconds) })
        gauge(
            "martlet_runs", "Runs that are not over, by state.",
            RunState.allCases.filter { !$0.isEnd }.map {
                (["state": $0.rawValue], Double(counts.unfinished[$0] ?? 0))
            })
        gauge("martlet_queue_depth", "Runs that wait to be started.", Double(counts.unfinished[.pending] ?? 0))
        histogram(
            "martlet_store_commit_seconds", "Transactions of the store, until they are on disk.",
            [([:], counts.commits)])
        gauge("martlet_log_bytes", "Logs that are kept, of ended tasks.", Double(try await control.store.logBytes()))
    }

    fileprivate mutating func notices(_ control: Control) async throws {
        let channels = try await control.noticeChannels()
        gauge(
            "martlet_notices_waiting", "Notices that are to be sent, by channel.",
            channels.map { (["channel": $0.facts.name], Double($0.state.waiting)) })
        counter(
            "martlet_notice_deliveries", "Tries to deliver a message, by channel; gaveUp counts notices.",
            channels.flatMap { channel in
                NoticeDesk.Delivery.allCases.map { result in
                    (
                        ["channel": channel.facts.name, "result": result.rawValue],
                        Double(channel.deliveries[result] ?? 0)
                    )
                }
            })
    }

    fileprivate mutating func schedules(_ counts: ScheduleMeter.Counts) {
        counter(
            "martlet_schedule_fires", "Times of schedules, by what was decided about them.",
            FireOutcome.allCases.map { (["outcome": $0.rawValue], Double(counts.fires[$0] ?? 0)) })
        counter(
            "martlet_schedules_overdue", "Times whose work had not ended well when their grace was over.",
            [([:], Double(counts.overdue))])
        histogram(
            "martlet_schedule_lateness_seconds", "From a time of a schedule to the storing of its run.",
            [([:], counts.lateness)])
    }

    fileprivate mutating func requests(_ counts: RequestMeter.Counts, open: Int) {
        counter(
            "martlet_http_requests", "Requests that were answered.",
            counts.requests.map { kind, count in
                (
                    [
                        "facade": kind.facade.rawValue, "method": kind.method.rawValue,
                        "status": "\(kind.statusClass)xx",
                    ], Double(count)
                )
            })
        histogram(
            "martlet_http_request_seconds", "From the head of a request to the head of its answer.",
            counts.seconds.map { facade, histogram in (["facade": facade.rawValue], histogram) })
        gauge("martlet_http_connections", "Open connections of all listeners.", Double(open))
    }

    fileprivate mutating func server(_ control: Control, _ version: String) {
        gauge("martlet_waiters", "Callers that wait for the end of a run.", Double(control.feed.waiting))
        let disk = control.disk()
        gauge("martlet_disk_free_bytes", "Free in the file system of the data directory.", Double(disk.free))
        gauge(
            "martlet_disk_reserve_bytes", "What must stay free there; below it no run is accepted.",
            Double(disk.needed(control.settings.value.minFree)))
        info("martlet_build", "The version that runs.", ["version": version])
    }

    fileprivate mutating func process(_ facts: ProcessFacts) {
        if let value = facts.cpuSeconds {
            counter("process_cpu_seconds", "User and system time of the server.", [([:], value)])
        }
        let gauges: [(name: String, help: String, value: Double?)] = [
            ("process_start_time_seconds", "When the server started, since 1970.", facts.startedAt),
            ("process_resident_memory_bytes", "Memory in RAM.", facts.residentBytes),
            ("process_virtual_memory_bytes", "Address space.", facts.virtualBytes),
            ("process_open_fds", "Open file descriptors.", facts.openFiles),
            ("process_max_fds", "Most file descriptors at once.", facts.mostOpenFiles),
        ]
        for (name, help, value) in gauges { if let value { gauge(name, help, value) } }
    }
}
