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
        drivers = [TaskCommandDriver("raw_exec"), TaskCommandDriver("exec"), ReplicationDriver(martlet: martlet)]
        facade = JobsFacade(parts: parts)
        routes = NomadJobRoutes(parts: parts).routes
    }

    /// What the scheduler works with.
    package func nomad(_ control: Control) -> Nomad { parts.nomad(control) }
}
