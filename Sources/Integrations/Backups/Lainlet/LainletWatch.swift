import AsyncHTTPClient
import Foundation
package import Logging
import MartletCore
package import MartletEngine
import NIOCore
import NIOHTTP1

/// Keeps the inventory equal to what lainlet tells of pods. What was told last is kept in the data directory, so that a
/// server that starts while lainlet is away knows its volumes.
package struct LainletWatch: Sendable {
    private static let pause = Duration.seconds(3)
    /// Three heartbeats: a connection that is silent for longer leads nowhere.
    private static let heartbeat = 20
    private static let silence = TimeAmount.seconds(60)

    private let state: PodState
    private let box: BackupBox
    private let logger: Logger

    package init(control: Control, box: BackupBox, logger: Logger) {
        state = PodState(control: control, box: box, logger: logger)
        self.box = box
        self.logger = logger
    }

    /// Until it is cancelled. Nothing happens while no address is set.
    package func run() async throws {
        guard let address = box.settings.lainlet else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await follow(address) }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(1))
                    do {
                        try await state.settle()
                    } catch {
                        try Task.checkCancellation()
                        logger.warning("what lainlet told is not taken", metadata: ["error": "\(error)"])
                    }
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func follow(_ address: String) async throws {
        var (trouble, isStarted): (String?, Bool) = (nil, false)
        while true {
            do {
                if !isStarted { try await state.start() }
                isStarted = true
                try await read(address) { trouble = nil }
                throw MartletError(.unavailable, "the stream ended")
            } catch {
                try Task.checkCancellation()
                let text = "\(error)"
                if text != trouble {
                    logger.warning("lainlet does not answer; what it told last counts", metadata: ["error": "\(text)"])
                }
                trouble = text
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// One connection. `isWell`: called with each event.
    private func read(_ address: String, isWell: () -> Void) async throws {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(10)
        configuration.timeout.read = Self.silence
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let request = HTTPClientRequest(url: "\(address)/v2/backupspec?watch=1&heartbeat=\(Self.heartbeat)")
            let response = try await client.execute(request, deadline: .distantFuture)
            guard response.status == .ok else {
                throw MartletError(.unavailable, "lainlet answers \(response.status)")
            }
            await state.connected()
            var reader = EventStreamReader()
            for try await piece in response.body {
                for event in try reader.take(piece.readableBytesView) {
                    try await take(event)
                    isWell()
                }
            }
            try await client.shutdown()
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func take(_ event: EventStreamReader.Event) async throws {
        if event.kind == "error" {
            let text = String(repairing: event.data.prefix(300))
            throw MartletError(.unavailable, "lainlet says: \(text)")
        }
        guard event.kind != "heartbeat", !event.data.isEmpty else { return }
        try await state.take(event.data)
    }
}
