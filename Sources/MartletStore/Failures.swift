import GRDB
import MartletCore

/// What callers see of a database failure. Other errors pass as they are: they are the caller's own.
func storeFailure(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_FULL:
        return MartletError(.unavailable, "the disk of the data directory is full", cause: error)
    case .SQLITE_READONLY:
        return MartletError(.unavailable, "the database cannot be written", cause: error)
    case .SQLITE_CONSTRAINT where error.extendedResultCode.isUniqueness:
        return MartletError(.conflict, "it exists already (\(error.message ?? "unique"))", cause: error)
    default:
        return MartletError(.internal, "the database failed: \(error.message ?? "no message")", cause: error)
    }
}

extension ResultCode {
    fileprivate var isUniqueness: Bool {
        self == .SQLITE_CONSTRAINT_UNIQUE || self == .SQLITE_CONSTRAINT_PRIMARYKEY
            || self == .SQLITE_CONSTRAINT_ROWID
    }
}
