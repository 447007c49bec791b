import Foundation
import Logging
package import MartletCore
import MartletYAML

/// Reads the inventory. What is wrong with it is told whole, and the last good one stays.
package struct InventoryLoader: Sendable {
    private let box: BackupBox
    /// An agent's inventory is the plan that its controller gave it.
    private let isAgent: Bool
    private let logger: Logger

    init(box: BackupBox, isAgent: Bool = false, logger: Logger) {
        self.box = box
        self.isAgent = isAgent
        self.logger = logger
    }

    /// For the start of the server: a bad file keeps it from starting.
    package func start() throws(MartletError) { try load(box.settings) }

    /// For a reload. False: the last good inventory stays, and the log says why.
    package func reload(_ settings: BackupSettings) -> Bool {
        box.replace(settings)
        do {
            try load(settings)
            return true
        } catch {
            logger.error("inventory not loaded, the last good one stays", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func load(_ settings: BackupSettings) throws(MartletError) {
        if isAgent { return }
        guard let file = settings.inventory else {
            // Others tell which volumes there are.
            return settings.lainlet == nil ? box.replace(Inventory()) : ()
        }
        box.replace(try Self.read(file))
    }

    package static func read(_ file: String) throws(MartletError) -> Inventory {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw MartletError(.invalid, "the inventory \(file) cannot be read (backups.inventory)")
        }
        do {
            return try Inventory(parsing: YAMLDocument.parse(String(decoding: data, as: UTF8.self)))
        } catch let error as MartletError {
            throw MartletError(.invalid, "\(file): \(error.message)", problems: error.problems)
        } catch {
            throw MartletError(.invalid, "\(file): \(error)")
        }
    }
}
