import Foundation
import MartletCore
import MartletEngine

/// Tasks as the work of schedules: `{"task": "test/collect", "args": ["a"]}`, or `params` for a task that declares some.
struct ScriptWork: WorkSource {
    let name = "scripts"
    let loader: TaskLoader

    func submission(
        for request: JSONValue, trigger: Trigger, rights: Rights, in control: Control
    ) throws -> Submission {
        let problems = Fields.Problems()
        var fields = Fields(request, problems: problems)
        let path = fields.string("task")
        let (args, params) = (fields.strings("args"), fields.read("params", "an object of values", \.object))
        if path == nil { fields.problem("task", "is missing: its path as GET /list shows it, without /sync/") }
        if args != nil, params != nil { fields.problem("args", "give either args or params") }
        fields.finish()
        try problems.check("the work")
        let (settings, catalog) = (loader.current.settings, loader.current.catalog)
        guard let path, let entry = catalog.entry(at: path) else {
            throw MartletError(
                .notFound, "there is no script task \(path?.prefix(200) ?? "")",
                problems: [FieldProblem(field: "task", problem: "is unknown; GET /list shows the tasks")])
        }
        let task = entry.task
        guard task.isEnabled else { throw MartletError(.conflict, "task \(task.path) is not enabled") }
        try task.checkPlace(in: settings.collectDirectory)
        let posted = try body(args, params)
        return Submission(
            work: .inline(task.job(settings)), params: try TaskRequest(entry, posted).params, admission: task.admission,
            ambientSecrets: settings.secrets.filter { task.environment[$0.key] == nil }, trigger: trigger,
            rights: rights)
    }

    /// What a caller would post.
    private func body(_ args: [String]?, _ params: [String: JSONValue]?) throws -> [UInt8] {
        if let params { return Array(try JSONEncoder().encode(JSONValue.object(params))) }
        guard let args else { return [] }
        return Array(try JSONEncoder().encode(args))
    }
}
