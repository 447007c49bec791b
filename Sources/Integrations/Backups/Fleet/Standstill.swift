import Foundation
import MartletCore

/// Remembers, across restarts, that this machine was told to stop, and which schedules are to go on when it is started.
package struct Standstill {
    package static let fileName = "backups.stopped"
    private static let largest = 8 << 20

    private let file: URL

    init(dataDirectory: String) { file = URL(filePath: dataDirectory).appending(path: Self.fileName) }

    /// Names of the schedules that were paused by it; nil: it is not stopped.
    func held() throws(MartletError) -> Set<String>? {
        guard let data = FileManager.default.contents(atPath: file.path) else { return nil }
        guard data.count <= Self.largest, let names = try? JSONDecoder().decode(Set<String>.self, from: data) else {
            throw MartletError(.unavailable, "\(Self.fileName) in the data directory is damaged; remove it")
        }
        return names
    }

    /// Nil: it goes on.
    func hold(_ names: Set<String>?) throws(MartletError) {
        do {
            if let names {
                try JSONEncoder().encode(names.sorted()).write(to: file, options: .atomic)
            } else {
                try FileManager.default.removeItem(at: file)
            }
        } catch {
            throw MartletError(.unavailable, "\(Self.fileName) cannot be written in the data directory", cause: error)
        }
    }
}
