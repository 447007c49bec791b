import Foundation
import Logging
import MartletCore
import MartletEngine

/// What was told last, and what is held back of it.
actor PodState {
    /// How long nothing at all is not believed.
    private static let doubt = Duration.seconds(60)

    private let control: Control
    private let box: BackupBox
    private let logger: Logger
    private var isFirst = true
    private var held: (payload: [UInt8], since: ContinuousClock.Instant)?

    init(control: Control, box: BackupBox, logger: Logger) {
        self.control = control
        self.box = box
        self.logger = logger
    }

    private var file: URL { URL(filePath: box.settings.directory + "/lainlet.json") }

    /// Takes what was told before the server started.
    func start() async throws {
        guard let payload = FileManager.default.contents(atPath: file.path) else { return }
        do {
            try await apply(Array(payload))
        } catch let error as MartletError {
            logger.warning("what lainlet told last cannot be read", metadata: ["error": "\(error)"])
        }
    }

    func connected() { isFirst = true }

    /// Throws for a payload that is no state of pods.
    func take(_ payload: [UInt8]) async throws {
        let inventory = try PodSpecs.inventory(payload, root: box.settings.root)
        defer { isFirst = false }
        let isEmpty = inventory.volumes.isEmpty
        // A store behind lainlet that is only being filled looks like a cluster without any app.
        if isEmpty, isFirst, !box.inventory.volumes.isEmpty, held?.payload != payload {
            logger.warning(
                "lainlet tells of no volume at all; the known ones stay until it says so again, or for a minute")
            held = (payload, .now)
            return
        }
        try await keep(payload)
    }

    /// Takes what was held back for long enough.
    func settle() async throws {
        guard let held, ContinuousClock.now - held.since > Self.doubt else { return }
        try await keep(held.payload)
    }

    private func keep(_ payload: [UInt8]) async throws {
        held = nil
        try await apply(payload)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try Data(payload).write(to: file, options: .atomic)
    }

    private func apply(_ payload: [UInt8]) async throws {
        let inventory = try PodSpecs.inventory(payload, root: box.settings.root)
        guard inventory != box.known else { return }
        for refusal in inventory.refused where !box.inventory.refused.contains(refusal) {
            logger.warning(
                "a backup is refused", metadata: ["entry": "\(refusal.entry)", "problem": "\(refusal.problem)"])
            try await control.store.append(
                AuditEntry(
                    caller: "lainlet", action: "backup spec", target: String(refusal.entry.prefix(200)),
                    outcome: "refused", request: ""))
        }
        box.replace(inventory)
    }
}
