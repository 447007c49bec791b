import GoWire
import MartletCore

/// `id`, `type`, `action` and `args_NAME` of a query; what is not known is let be.
struct JobFilter {
    private let wanted: [(name: String, value: String)]

    init(_ query: GoQuery) {
        wanted = query.names.compactMap { name in query[name].map { (name, $0) } }
    }

    func admits(_ job: BackupJob) -> Bool {
        wanted.allSatisfy { name, value in
            switch name {
            case "id": return job.id == value
            case "type": return job.kind.rawValue == value
            case "action": return job.action.rawValue == value
            default:
                guard name.hasPrefix("args_") else { return true }
                return job.arguments[String(name.dropFirst(5))]?.string == value
            }
        }
    }
}
