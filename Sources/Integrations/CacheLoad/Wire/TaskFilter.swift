import GoWire
import MartletCore

/// Which tasks a query is about. Absent and empty parameters filter nothing.
struct TaskFilter: Sendable {
    static let mostTasks = 10_000

    let taskID: String?
    let taskName: String?
    let action: String?
    let status: TaskStatus?
    /// Every batch of a name, not the latest alone.
    let wantsHistory: Bool
    let limit: Int

    /// Throws `invalid`, naming the parameter.
    init(_ query: GoQuery) throws(MartletError) {
        let problems = Fields.Problems()
        taskID = query["task_id"]
        taskName = query["task_name"] ?? query["test_task_name"]
        action = query["action"]
        status = query["status"].flatMap(TaskStatus.init)
        if query["status"] != nil, status == nil {
            problems.add("status", "must be one of \(TaskStatus.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        wantsHistory = query["run"] == "all"
        if let word = query["run"], !["all", "latest"].contains(word) {
            problems.add("run", "must be latest or all")
        }
        let limit = query["limit"].map { Int($0) ?? 0 }
        self.limit = limit ?? Self.mostTasks
        if let limit, !(1...Self.mostTasks).contains(limit) {
            problems.add("limit", "must be a whole number from 1 to \(Self.mostTasks)")
        }
        try problems.check("the query")
    }

    var isEmpty: Bool { taskID == nil && taskName == nil && action == nil && status == nil }

    /// For the answer that nothing was found: as the replaced service printed it.
    var description: String {
        let members = [
            ("task_id", taskID), ("task_name", taskName), ("action", action), ("status", status?.rawValue),
        ].compactMap { name, value in value.map { (name, WireValue.string(String($0.prefix(300)))) } }
        return String(decoding: WireWriter.bytes(.object(members)), as: UTF8.self)
    }
}
