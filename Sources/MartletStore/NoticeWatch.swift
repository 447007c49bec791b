import GRDB
import MartletCore
import Synchronization

/// Sees which notices a transaction makes or changes, whoever does it, and tells once it is durable.
final class NoticeWatch: TransactionObserver, Sendable {
    private let numbers = Mutex<Set<Int64>>([])
    private let tell: @Sendable (Set<Int64>) -> Void

    init(_ tell: @escaping @Sendable (Set<Int64>) -> Void) { self.tell = tell }

    func observes(eventsOfKind kind: DatabaseEventKind) -> Bool {
        switch kind {
        case .insert("notices"): true
        case .update("notices", let columns): columns.contains("state")
        case .insert, .update, .delete: false
        }
    }

    func databaseDidChange(with event: DatabaseEvent) {
        let number = event.rowID
        _ = numbers.withLock { $0.insert(number) }
    }

    func databaseDidCommit(_ db: Database) { tell(take()) }
    func databaseDidRollback(_ db: Database) { _ = take() }

    private func take() -> Set<Int64> {
        numbers.withLock { numbers in
            defer { numbers = [] }
            return numbers
        }
    }
}
