import Foundation
import Logging
import MartletCore
import MartletEngine

extension TaskLoader {
    /// Which of the tasks that `rights` cover cannot start until somebody stores a secret: they are served all the
    /// same, as secrets may be stored later.
    func missingSecrets(_ control: Control, for rights: Rights) async throws -> [TaskFileProblem] {
        let state = current
        let wanted = state.catalog.entries(for: rights).map(\.task).filter { !$0.secrets.isEmpty }
        let shared = state.settings.secretNames
        let names = wanted.reduce(into: Set(shared.values)) { $0.formUnion($1.secrets.values) }
        let missing = try await control.missingSecrets(among: names)
        let ofTasks = wanted.flatMap { task in
            Self.problems(task.secrets, missing, "\(task.clusterType)/\(task.name)", "secrets")
        }
        return Self.problems(shared, missing, nil, "scripts.environment") + ofTasks
    }

    private static func problems(
        _ references: [String: String], _ missing: Set<String>, _ task: String?, _ field: String
    ) -> [TaskFileProblem] {
        references.filter { missing.contains($0.value) }.sorted { $0.key < $1.key }.map { variable, name in
            TaskFileProblem(
                line: 0, task: task, field: "\(field).\(variable)", problem: SecretReferences.missing(name))
        }
    }

    func warnAboutMissingSecrets(_ control: Control, _ logger: Logger) async {
        do {
            for problem in try await missingSecrets(control, for: .all) {
                logger.warning("task will not start", metadata: ["problem": "\(problem)"])
            }
        } catch {
            logger.warning("cannot look for the secrets of tasks", metadata: ["error": "\(error)"])
        }
    }
}
