package import Logging
package import MartletCore
package import MartletEngine
package import MartletHTTP

/// The integration that is a Nomad server to its clients.
package struct Jobs: Sendable {
    package var box: JobsBox { parts.box }
    package let drivers: [any Driver]
    /// The replaced system's API.
    package let facade: any Facade
    /// The native API.
    package let routes: [Route]
    private let parts: JobsParts

    /// `martlet`: path of the server's own program.
    package init(settings: JobsSettings, martlet: String) {
        parts = JobsParts(
            box: JobsBox(settings), node: JobsNode(settings), bell: NomadBell(),
            places: AllocationDirectories(root: settings.allocationsDirectory))
        drivers = [
            TaskCommandDriver("raw_exec"), TaskCommandDriver("exec"), ReplicationDriver(martlet: martlet),
            ComparisonDriver(martlet: martlet),
        ]
        facade = JobsFacade(parts: parts)
        routes = NomadJobRoutes(parts: parts).routes
    }

    /// What the scheduler works with.
    package func nomad(_ control: Control) -> Nomad { parts.nomad(control) }

    /// `keys`: where progress of replications is kept.
    package func replicationCare(
        _ control: Control, keys: any CheckpointStore, logger: Logger
    ) -> ReplicationCare {
        ReplicationCare(
            directory: box.settings.replicationsDirectory, desk: parts.replications, keys: keys,
            jobs: { try await control.store.nomadJobs(prefix: "").items.map(\.job.id) }, logger: logger)
    }

    /// Of replications, for `/metrics`.
    @Sendable package func figures(_ control: Control) async throws -> [Figure] {
        try await ReplicationFigures(desk: parts.replications, node: parts.node).figures(control)
    }
}
