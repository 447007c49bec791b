import Foundation
import MartletCore
import MartletProcess
import MartletStore

/// The database of a data directory, and whether what it says of processes is so.
struct StoreExamination {
    /// Larger than it ever is when it can be emptied.
    private static let largeWAL: Int64 = 256 << 20

    let directory: DataDirectory
    /// Whether a server runs on it.
    let isServed: Bool

    func findings() async -> [Finding] {
        do {
            // Before the store is read: a run is in the store before it has a directory.
            let directories = RunPaths(dataDirectory: directory.path).runs()
            let store = try StoreView(database: directory.database)
            defer { try? store.close() }
            let facts = try store.facts()
            return [integrity(store), schema(facts), wal(), key(store), events(facts)].compactMap { $0 }
                + (try await KeeperExamination(directory: directory, isServed: isServed).findings(store))
                + [try strays(directories, store)]
        } catch {
            return [unreadable(error)]
        }
    }

    private func unreadable(_ error: any Error) -> Finding {
        .wrong(
            "database", Complaint.lines(error)[0],
            fix: "restore a backup: martlet restore --force --data-dir \(directory.path) FILE")
    }

    private func integrity(_ store: StoreView) -> Finding {
        do {
            let damage = try store.damage()
            if damage.isEmpty { return .fine("database", "whole (quick_check)") }
            return .wrong(
                "database", "damaged: \(damage[0])",
                fix: "stop the server, keep a copy, and restore a backup: martlet restore --force FILE")
        } catch {
            return unreadable(error)
        }
    }

    private func schema(_ facts: StoreView.Facts) -> Finding {
        let newest = StoreView.newestSchema
        if facts.schema > newest {
            return .wrong(
                "schema", "\(facts.schema), and this program knows \(newest)", fix: "run the newer martlet")
        }
        if facts.schema < newest {
            return .note("schema", "\(facts.schema), older than \(newest)", fix: "the next martlet serve migrates it")
        }
        return .fine("schema", "\(facts.schema)")
    }

    private func wal() -> Finding {
        let size = RegularFile(at: directory.database + "-wal")?.size ?? 0
        if size < Self.largeWAL { return .fine("write-ahead log", ByteSize.rough(size)) }
        return .note(
            "write-ahead log", "\(ByteSize.rough(size)): something has been reading for long",
            fix: "end old martlet backup and sqlite3 processes, or restart the server")
    }

    private func key(_ store: StoreView) -> Finding {
        do {
            if try store.fits(keyFile: directory.keyFile) { return .fine("key of the database", "fits") }
            return .wrong(
                "key of the database", "secret.key is not the key of martlet.db", fix: "restore both from one backup")
        } catch {
            return .wrong("key of the database", Complaint.lines(error)[0], fix: "restore secret.key from a backup")
        }
    }

    /// A clock that runs behind what was written before would date ends before starts.
    private func events(_ facts: StoreView.Facts) -> Finding? {
        guard let newest = facts.newestEventAt, newest > Date().addingTimeInterval(60) else { return nil }
        return .wrong(
            "clock of the store", "its newest event is of \(newest.formatted(.iso8601)), which is in the future",
            fix: "set the clock: timedatectl set-ntp true")
    }

    private func strays(_ directories: [RunID], _ store: StoreView) throws -> Finding {
        let unknown = try store.unknown(of: directories)
        guard let first = unknown.first else { return .fine("run directories", "\(directories.count), all known") }
        let path = RunPaths(dataDirectory: directory.path).directory(of: first)
        return .note(
            "run directories", "\(unknown.count) of \(directories.count) are of no run in the store",
            fix: "remove them when you do not need their logs, such as rm -r \(path)")
    }
}
