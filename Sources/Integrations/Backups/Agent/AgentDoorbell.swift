import AsyncHTTPClient
import Foundation
import GoWire
package import Logging
import MartletCore
package import MartletEngine
import NIOCore
import NIOHTTP1

/// Tells the controller of an agent that a run began or ended. The controller asks for it anyway, so that a ring that nobody
/// hears costs nothing but time.
package struct AgentDoorbell: Sendable {
    private static let limit = TimeAmount.seconds(5)

    private let desk: AgentDesk
    private let control: Control
    private let box: BackupBox
    private let tokenFile: String?
    private let isSecure: Bool
    private let logger: Logger

    /// `tokenFile`: with the token that controller and agents show each other. `isSecure`: the agent has a certificate, so
    /// that nobody is to read the token on its way.
    package init(
        desk: AgentDesk, control: Control, box: BackupBox, tokenFile: String?, isSecure: Bool, logger: Logger
    ) {
        self.desk = desk
        self.control = control
        self.box = box
        self.tokenFile = tokenFile
        self.isSecure = isSecure
        self.logger = logger
    }

    /// Until it is cancelled.
    package func run() async {
        let client = Self.client()
        await listen(client)
        try? await client.shutdown()
    }

    /// The token goes to the address that the agent was given, and to no other.
    private static func client() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.proxy = nil
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private func listen(_ client: HTTPClient) async {
        let changes = control.feed.changes { $0.kind == .state && ($0.to == .running || $0.to.isEnd) }
        var last = (try? await control.eventRange())??.upperBound ?? 0
        for await _ in changes {
            do {
                let events = try await control.events(of: nil, after: last, limit: AgentRecords.mostEvents)
                last = events.last?.number ?? last
                let runs = try await control.runs(Array(Set(events.map(\.run)))).filter { $0.volumeSubject != nil }
                guard let newest = runs.max(by: { $0.id < $1.id }), let controller = desk.controller,
                    !isSecure || tokenFile == nil || controller.hasPrefix("https://")
                else { continue }
                let address = "\(controller)/api/v2/system/notify?node=\(desk.settings.node)"
                try await ring(address, client, about: newest)
            } catch {
                if Task.isCancelled { return }
                logger.debug("controller not told", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The rest of what is new comes with the same question.
    private func ring(_ address: String, _ client: HTTPClient, about run: Run) async throws {
        let planned = box.inventory.plans(own: desk.settings.node).flatMap(\.backups)
        let record = JobRecord(run, nil) { volume, mode in
            planned.first { $0.volume.name == volume && $0.rule.mode == mode }
        }
        guard let record else { return }
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        if let tokenFile {
            request.headers.add(name: "Authorization", value: "Bearer \(try TokenFile.read(tokenFile).exposed)")
        }
        request.body = .bytes(ByteBuffer(bytes: WireWriter.bytes(record.wire)))
        let response = try await client.execute(request, timeout: Self.limit)
        guard response.status.code == 200 else {
            throw MartletError(.unavailable, "the controller answered \(response.status.code)")
        }
    }
}
