package import MartletCore
package import MartletEngine
package import MartletHTTP

/// The integration that is a Nomad server to its clients.
package struct Jobs: Sendable {
    package let box: JobsBox
    package let drivers: [any Driver]
    /// The replaced system's API.
    package let facade: any Facade
    /// The native API.
    package let routes: [Route]
    private let bell = NomadBell()
    private let node: JobsNode
    private let places: AllocationDirectories

    package init(settings: JobsSettings) {
        box = JobsBox(settings)
        node = JobsNode(settings)
        places = AllocationDirectories(root: settings.allocationsDirectory)
        drivers = [TaskCommandDriver("raw_exec"), TaskCommandDriver("exec")]
        facade = JobsFacade(box: box, node: node, bell: bell, places: places)
        routes = NomadJobRoutes(box: box, node: node, bell: bell, places: places).routes
    }

    /// What the scheduler works with.
    package func nomad(_ control: Control) -> Nomad {
        Nomad(
            control: control, planner: JobsPlanner(node: node, region: box.settings.region, places: places),
            facts: node.facts, bell: bell, garbage: box.settings.garbage, places: places)
    }
}
