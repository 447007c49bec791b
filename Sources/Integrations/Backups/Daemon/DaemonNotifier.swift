import AsyncHTTPClient
import Foundation
import GoWire
package import Logging
import MartletCore
package import MartletEngine
import NIOCore
import NIOHTTP1

/// Sends records to the addresses that a controller of the replaced system gave (contract §1.5): one when a run starts, one
/// when it ends. What cannot be delivered is tried again until it can, in order, also after a restart.
package struct DaemonNotifier: Sendable {
    private static let limit = TimeAmount.seconds(10)
    private static let longestPause = 60.0

    private let desk: AgentDesk
    private let control: Control
    private let box: BackupBox
    private let addresses: NotifyAddresses
    private let logger: Logger

    package init(desk: AgentDesk, control: Control, box: BackupBox, addresses: NotifyAddresses, logger: Logger) {
        self.desk = desk
        self.control = control
        self.box = box
        self.addresses = addresses
        self.logger = logger
    }

    /// One address's delivery: when it is tried next, and how long it waited last.
    private struct Backoff {
        var until = ContinuousClock.now
        var seconds = 0.5

        mutating func fail() {
            until = .now + .seconds(seconds)
            seconds = min(seconds * 2, DaemonNotifier.longestPause)
        }
    }

    /// Until it is cancelled.
    package func run() async {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = nil
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        await deliver(client)
        try? await client.shutdown()
    }

    private func deliver(_ client: HTTPClient) async {
        var pauses: [String: Backoff] = [:]
        while !Task.isCancelled {
            // Listening before reading: nothing falls between.
            let changes = control.feed.changes { $0.kind == .state && ($0.to == .running || $0.to.isEnd) }
            for address in addresses.all where (pauses[address]?.until ?? .now) <= .now {
                do {
                    try await tell(address, client)
                    pauses[address] = nil
                } catch {
                    if Task.isCancelled { return }
                    if pauses[address] == nil {
                        logger.warning("records not delivered, tried again", metadata: ["error": "\(error)"])
                    }
                    pauses[address, default: Backoff()].fail()
                }
            }
            await next(changes)
        }
    }

    /// Until something changed, for a second at most: an address may be new, or due again.
    private func next(_ changes: AsyncStream<Void>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in changes { return } }
            group.addTask { try? await Task.sleep(for: .seconds(1)) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Everything that is new for one address, in the order of the events.
    private func tell(_ address: String, _ client: HTTPClient) async throws {
        while var last = addresses.event(toldTo: address) {
            // A cursor from before this store: it begins anew.
            if let range = try await control.eventRange(), last > range.upperBound { last = 0 }
            let events = try await control.events(of: nil, after: last, limit: AgentRecords.mostEvents)
            guard let end = events.last?.number else { return }
            var seen: Set<RunID> = []
            let ids = events.filter { $0.kind == .state && ($0.to == .running || $0.to.isEnd) }.map(\.run)
                .filter { seen.insert($0).inserted }
            let runs = Dictionary(
                try await control.runs(ids).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            let jobs = DaemonJobs(desk, box)
            for run in ids.compactMap({ runs[$0] }) where run.startedAt != nil {
                let version = try await control.store.volumeVersions(of: [run.id])[run.id]
                guard let record = JobRecord(run, version, planned: jobs.planned) else { continue }
                try await send(record, to: address, client)
            }
            try addresses.note(end, toldTo: address)
        }
    }

    /// A controller that does not want a record gets the next one: only one that cannot take it now is asked again.
    private func send(_ record: JobRecord, to address: String, _ client: HTTPClient) async throws {
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: WireWriter.bytes(record.wire)))
        let status = try await client.execute(request, timeout: Self.limit).status.code
        guard (200..<300).contains(status) || (400..<500).contains(status) else {
            throw MartletError(.unavailable, "the controller answered \(status)")
        }
        if status >= 400 {
            logger.warning("record refused", metadata: ["run": "\(record.id)", "status": "\(status)"])
        }
    }
}
