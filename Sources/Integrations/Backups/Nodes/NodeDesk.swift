package import Foundation
package import Logging
package import MartletCore
package import MartletEngine
import Synchronization

/// The nodes of a controller: how they are, and what can be asked of them. It calls the addresses of the inventory only.
package final class NodeDesk: Sendable {
    /// How a node was found to be the last time.
    package struct Status: Sendable, Hashable {
        package enum State: String, Sendable, CaseIterable {
            /// Nothing is known yet.
            case unknown
            case up
            /// It has not answered for three leases.
            case down
        }

        package var name: String
        package var address: String
        package var state = State.unknown
        /// Version of the plan that it works by.
        package var plan: String?
        /// Version of the plan that it is to have.
        package var wanted: String?
        package var heardAt: Date?
        /// Why it is not up, or why its plan is not the one that it is to have.
        package var problem: String?

        /// It works by the plan that it is to have.
        package var isConfirmed: Bool { wanted != nil && plan == wanted }
    }

    let box: BackupBox
    let client: NodeClient
    let logger: Logger
    /// Rung when a copy changed.
    let feed: RunFeed
    /// With the link that looks after each.
    private let statuses = Mutex<[String: (status: Status, link: NodeLink)]>([:])

    /// As the nodes told them last.
    private let times = Mutex<[String: [RuleName: JobTimes]]>([:])

    package init(box: BackupBox, access: NodeAccess, mostWaiters: Int, logger: Logger) throws(MartletError) {
        self.box = box
        self.logger = logger
        client = try NodeClient(access)
        feed = RunFeed(mostWaiters: mostWaiters)
    }

    /// By name.
    package var all: [Status] { statuses.withLock { $0.values.map(\.status).sorted { $0.name < $1.name } } }

    package func status(of node: String) -> Status? { statuses.withLock { $0[node]?.status } }

    /// A link that another one has taken the place of changes nothing any more.
    func update(_ node: String, of link: NodeLink, _ change: (inout Status) -> Void) {
        statuses.withLock { statuses in
            guard var entry = statuses[node], entry.link === link else { return }
            change(&entry.status)
            statuses[node] = entry
        }
    }

    func enter(_ status: Status, of link: NodeLink) {
        statuses.withLock { $0[status.name] = (status, link) }
    }

    /// A node said that there is something new.
    func ring(_ node: String) { statuses.withLock { $0[node]?.link }?.hear() }

    func remove(_ node: String, of link: NodeLink) {
        statuses.withLock { if $0[node]?.link === link { $0[node] = nil } }
    }

    // MARK: Work

    /// The address of a volume's node; nil: the volume is this server's own. Throws `unavailable` for a node that the
    /// inventory gives no address.
    package func address(of volume: DeclaredVolume) throws(MartletError) -> String? {
        guard let node = volume.node, node != box.settings.node else { return nil }
        if let address = box.inventory.nodes[node] { return address }
        throw MartletError(.unavailable, "\(volume.name) is on the node \(node), which has no address in the inventory")
    }

    /// `key`: the same one starts nothing twice. Throws `unavailable` when the node does not answer, `conflict` naming the
    /// run that works on the volume.
    package func backUp(
        _ volume: DeclaredVolume, mode: VolumeMode?, key: String, _ control: Control
    ) async throws -> RunID {
        let address = try reach(volume)
        let run = try await client.backUp(volume.name, mode, key: key, at: address)
        await fetch(run, of: volume.node, at: address, control)
        return run
    }

    package func restore(
        _ version: VolumeVersion, to target: DeclaredVolume, _ wish: Volumes.RestoreWish, key: String,
        _ control: Control
    ) async throws -> RunID {
        let address = try reach(target)
        let run = try await client.restore(version, to: target.name, wish, key: key, at: address)
        await fetch(run, of: target.node, at: address, control)
        return run
    }

    private func reach(_ volume: DeclaredVolume) throws(MartletError) -> String {
        guard let address = try address(of: volume), let node = volume.node else {
            throw MartletError(.internal, "\(volume.name) is on no other node")
        }
        try refuseWhenDown(node)
        return address
    }

    /// Nobody waits for a node that is known not to answer.
    func refuseWhenDown(_ node: String) throws(MartletError) {
        guard let status = status(of: node), status.state == .down else { return }
        throw MartletError(
            .unavailable, "the node \(node) is down: \(status.problem ?? "it does not answer")", cause: NodeDown())
    }

    /// When the rules of a node fire: as it says now, or as it said last.
    func times(of node: String, at address: String) async -> [RuleName: JobTimes] {
        if status(of: node)?.state == .up {
            do {
                let fresh = try await client.times(at: address)
                times.withLock { $0[node] = fresh }
                return fresh
            } catch {
                logger.debug("times not fetched", metadata: ["node": "\(node)", "error": "\(error)"])
            }
        }
        return times.withLock { $0[node] ?? [:] }
    }

    /// Whoever started a run finds its record at once; when that fails it comes with the next news.
    func fetch(_ run: RunID, of node: String?, at address: String, _ control: Control) async {
        guard let node else { return }
        do {
            let records = try await client.records(of: [run], at: address)
            let state = try await control.store.nodes().first { $0.name == node }
            guard let state, let instance = state.instance else { return }
            let report = NodeReport(
                node: node, instance: instance, cursor: nil, records: records, plan: state.plan)
            try await take(report, control)
        } catch {
            logger.debug("record not fetched", metadata: ["run": "\(run)", "error": "\(error)"])
        }
    }

    @discardableResult
    func take(_ report: NodeReport, _ control: Control) async throws -> [NodeRecord] {
        let taken = try await control.store.take(report, at: control.now())
        tell(taken, at: control.now())
        return taken
    }

    func tell(_ records: [NodeRecord], at now: Date) {
        guard !records.isEmpty else { return }
        feed.publish(
            records.map { record in
                RunEvent(
                    number: 0, run: record.run, kind: .state, from: nil, to: record.state, attempt: 0, task: 0,
                    reason: nil, note: nil, at: now)
            })
    }

    /// The copy once it has ended, or as it is after `limit`. Throws `notFound`, and `unavailable` when too many wait.
    package func wait(for run: RunID, upTo limit: TimeSpan, _ control: Control) async throws -> NodeRecord {
        let place = try control.waitingPlace()
        defer { withExtendedLifetime(place) {} }
        let changes = feed.changes { $0.run == run }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in changes {
                    if let record = try? await control.store.nodeRecord(run), record.state.isEnd { return }
                }
            }
            group.addTask { try? await Task.sleep(for: limit.duration) }
            await group.next()
            group.cancelAll()
        }
        if let record = try await control.store.nodeRecord(run) { return record }
        throw MartletError(.notFound, "there is no record of the run \(run)")
    }
}
