import MartletEngine

/// What every part of the integration works with.
struct JobsParts: Sendable {
    let box: JobsBox
    let node: JobsNode
    let bell: NomadBell
    let places: AllocationDirectories
    let replications = ReplicationDesk()

    /// By the settings in force.
    func nomad(_ control: Control) -> Nomad {
        let settings = box.settings
        return Nomad(
            control: control, planner: JobsPlanner(node, settings, places),
            facts: node.facts, bell: bell, garbage: settings.garbage, places: places)
    }
}
