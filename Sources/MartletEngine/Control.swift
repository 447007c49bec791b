package import Foundation
import Logging
package import MartletCore
import Synchronization

package typealias Store = RunStore & RunDetailStore & AliasStore & JobStore & SecretStore & RetentionStore & AuditStore
    & NoticeLedger & ScheduleStore & VolumeCatalogue & NodeLedger & ClusterStore & ClusterItemStore
    & NomadJobStore & NomadLaunches & NomadLedger & NomadDecisions & FigureStore
package typealias LogFiles = LogReader & ReportReader

/// The one door: facades, native API and scheduler all call it, and nothing else.
package struct Control: Sendable {
    package let store: any Store
    package let executor: any Executor
    package let files: any LogFiles
    package let drivers: Drivers
    package let feed: RunFeed
    package let settings: SettingsBox
    package let meter: RunMeter
    /// Who is told of ended runs.
    package let notices: NoticeDesk
    package let schedules: ScheduleDesk
    package let disk: @Sendable () -> DiskState
    package let now: @Sendable () -> Date
    let ids: RunIDSource

    package init(
        store: any Store, executor: any Executor, files: any LogFiles, drivers: Drivers, feed: RunFeed,
        settings: SettingsBox, meter: RunMeter = RunMeter(), notices: NoticeDesk = NoticeDesk(),
        schedules: ScheduleDesk = ScheduleDesk(), disk: @escaping @Sendable () -> DiskState,
        now: @escaping @Sendable () -> Date = { Date(milliseconds: Date().milliseconds) }
    ) {
        self.store = store
        self.executor = executor
        self.files = files
        self.drivers = drivers
        self.feed = feed
        self.settings = settings
        self.meter = meter
        self.notices = notices
        self.schedules = schedules
        self.disk = disk
        self.now = now
        ids = RunIDSource()
        notices.whenChanged { [feed] in feed.hint(.notice($0)) }
    }
}

/// The settings in force; replaced as a whole by a reload.
package final class SettingsBox: Sendable {
    private let box: Mutex<EngineSettings>
    package init(_ settings: EngineSettings) { box = Mutex(settings) }
    package var value: EngineSettings { box.withLock { $0 } }
    package func replace(_ settings: EngineSettings) { box.withLock { $0 = settings } }
}

/// Hands out rising run ids to concurrent callers.
final class RunIDSource: Sendable {
    private let sequence = Mutex(RunIDSequence())
    func next(at now: Date) -> RunID {
        let random = UInt64.random(in: .min ... .max)
        return sequence.withLock { $0.next(at: now, random: random) }
    }
}

/// A run as a caller sees it: with its groups and the reason of this moment.
package struct RunView: Sendable {
    package let run: Run
    package let groups: [GroupMembership]
    /// Why it waits or how it ended; for a pending run worked out from the limits in force.
    package let reason: Reason
}
