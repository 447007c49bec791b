import Foundation
package import Logging
import MartletCore
package import MartletEngine

/// Removes versions that no rule keeps, app by app, a while after they stopped being wanted.
package final class Expiry: Sendable {
    private static let interval = Duration.seconds(60)
    /// After the start of the server.
    private static let firstLook = Duration.seconds(5)
    /// After a removal that failed: a repository that cannot be reached now cannot be reached in a minute either.
    private static let pause = TimeSpan.seconds(3600)

    private let control: Control
    private let box: BackupBox
    private let logger: Logger

    package init(control: Control, box: BackupBox, logger: Logger) {
        self.control = control
        self.box = box
        self.logger = logger
    }

    /// Until it is cancelled.
    package func run() async throws {
        try await Task.sleep(for: Self.firstLook)
        while true {
            do {
                if box.settings.expires, box.inventory.ownsCatalogue { try await pass() }
            } catch {
                try Task.checkCancellation()
                logger.warning("no versions removed", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: Self.interval)
        }
    }

    /// One look at everything.
    package func pass() async throws {
        // As long as nobody has said which volumes there are, all of them would look abandoned.
        guard box.known != nil else { return }
        let volumes = Volumes(control: control, box: box)
        var gone: [String: [VolumeVersion]] = [:]
        for view in try await volumes.volumes(.all) where view.record != nil {
            gone[view.name.app, default: []] += try await volumes.expiry(of: view).filter { !$0.isKept }.map(\.version)
        }
        for (app, versions) in gone where !versions.isEmpty {
            do {
                try await remove(Array(versions.prefix(Volumes.mostRemoved)), of: app, volumes)
            } catch {
                try Task.checkCancellation()
                logger.warning("no versions removed", metadata: ["app": "\(app)", "error": "\(error)"])
            }
        }
    }

    private func remove(_ versions: [VolumeVersion], of app: String, _ volumes: Volumes) async throws {
        guard try await !hasFailedLately(app) else { return }
        let caller = Volumes.Caller(trigger: Trigger(source: "expiry", caller: app), rights: .all)
        do {
            _ = try await volumes.remove(versions, by: caller)
        } catch let error as MartletError where error.code == .conflict {
            // Something else works on the repository; the next look comes soon.
            return
        }
    }

    private func hasFailedLately(_ app: String) async throws -> Bool {
        var query = RunQuery()
        query.labels = [VolumeLabel.app: app]
        query.job = "volumes.remove"
        query.limit = 1
        guard let last = try await control.runs(query).items.first?.run, last.state != .succeeded,
            let end = last.finishedAt
        else { return false }
        return end.adding(Self.pause) > control.now()
    }
}
