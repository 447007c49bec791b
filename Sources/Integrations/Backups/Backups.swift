package import Logging
package import MartletCore
package import MartletEngine
package import MartletHTTP

/// The integration that backs volumes up and brings them back.
package struct Backups: Sendable {
    package let box: BackupBox
    package let drivers: [any Driver]
    package let loader: InventoryLoader
    package let routes: [Route]
    /// The replaced system's API: its controller's or, on an agent, its daemon's.
    package let facade: any Facade
    /// Who an agent tells of its runs by the daemon's API; nil on every other server.
    package let notifyAddresses: NotifyAddresses?
    /// Backups, drills and checks as the work of schedules.
    package let work: any WorkSource
    /// What a controller has to do with other machines; nil on an agent.
    package let nodes: NodeDesk?
    /// Nil on every other server.
    package let agent: AgentDesk?

    /// `martlet`: path of the server's own program. `agent`: this server is an agent; its plan is its inventory. `copyStore`:
    /// puts a copy of the server's store into a directory below ``BackupSettings/copies``, given from there on; `""` is that
    /// directory itself. Throws `invalid` when the agent's plan, or what nodes are reached with, cannot be used.
    package init(
        settings: BackupSettings, martlet: String, agent: AgentSettings? = nil, mostWaiters: Int, logger: Logger,
        copyStore: @escaping @Sendable (String) async throws -> Void
    ) throws(MartletError) {
        let box = BackupBox(settings)
        self.box = box
        if let agent {
            self.agent = try AgentDesk(agent, box: box, logger: logger)
            nodes = nil
        } else {
            self.agent = nil
            nodes = try NodeDesk(box: box, access: settings.agents, mostWaiters: mostWaiters, logger: logger)
        }
        drivers = [VolumeBackupDriver(box, martlet: martlet), VolumeWorkDriver(martlet: martlet)]
        loader = InventoryLoader(box: box, isAgent: agent != nil, logger: logger)
        work = VolumeScheduleWork(box: box)
        let downloads = Downloads(martlet: martlet)
        routes =
            VolumeRoutes(box: box, nodes: nodes, downloads: downloads).routes
            + (nodes.map { NodeRoutes(box: box, desk: $0).routes } ?? [])
            + (self.agent.map { AgentRoutes(desk: $0, box: box).routes } ?? [])
        if let desk = self.agent {
            let addresses = try NotifyAddresses(dataDirectory: desk.settings.dataDirectory)
            facade = DaemonFacade(desk: desk, box: box, addresses: addresses)
            notifyAddresses = addresses
        } else {
            facade = BackupsFacade(box: box, nodes: nodes, downloads: downloads, copyStore: copyStore)
            notifyAddresses = nil
        }
    }

    /// What facades and schedulers call.
    package func volumes(_ control: Control) -> Volumes { Volumes(control: control, box: box, nodes: nodes) }
}
