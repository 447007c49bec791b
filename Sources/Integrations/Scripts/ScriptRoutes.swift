import Foundation
import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
package import MartletHTTP

/// The integration's part of the native API.
package struct ScriptRoutes: Sendable {
    private let loader: TaskLoader

    package init(loader: TaskLoader) { self.loader = loader }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/scripts", "List the script tasks, and how the last reading of their file went",
                access: .covered(.read), .listScripts
            ) { call in
                try await answer(call)
            },
            Route(
                .post, "/api/scripts/reload", "Read the task file again; 400 keeps the last good set",
                access: .server(.admin), .reloadScripts
            ) { call in
                if let error = loader.reload() { throw error }
                return try await answer(call)
            },
        ]
    }

    private func answer(_ call: Call) async throws -> Response {
        let rights = call.principal.rights
        let missing = try await loader.missingSecrets(call.control, for: rights)
        let state = loader.current
        let entries = state.catalog.entries(for: rights)
        let names = Set(entries.map { "\($0.task.clusterType)/\($0.task.name)" })
        // What is said about the whole file, and about tasks of others, is for those who see everything.
        let isVisible = { (problem: TaskFileProblem) in
            !rights.isRestricted || problem.task.map(names.contains) ?? false
        }
        return .json { json in
            json.field("file", state.wanted.tasksFile)
            json.field("loadedAt", state.loadedAt)
            json.array("problems", state.problems.filter(isVisible)) { $0.problem($1) }
            json.array("warnings", (state.warnings + missing).filter(isVisible)) { $0.problem($1) }
            json.array("items", entries) { $0.task($1) }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func problem(_ problem: TaskFileProblem) {
        object { json in
            json.field("line", problem.line)
            json.field("task", problem.task)
            json.field("field", problem.field)
            json.field("problem", problem.problem)
            json.field("text", problem.description)
        }
    }

    fileprivate mutating func task(_ entry: Catalog.Entry) {
        let task = entry.task
        object { json in
            json.field("name", task.name)
            json.field("clusterType", task.clusterType)
            json.field("path", task.path)
            json.field("job", task.jobName)
            json.field("description", task.description)
            json.field("enabled", task.isEnabled)
            if case .builtIn = entry { json.field("builtIn", true) } else { json.field("builtIn", false) }
        }
    }
}
