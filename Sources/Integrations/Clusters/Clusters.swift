package import MartletCore
package import MartletHTTP

/// The integration that deploys, starts and stops clusters.
package struct Clusters: Sendable {
    package let box: ClusterBox
    package let drivers: [any Driver]
    package let routes: [Route]
    /// The replaced system's API.
    package let facade: any Facade

    /// `martlet`: path of the server's own program.
    package init(settings: ClusterSettings, martlet: String) {
        box = ClusterBox(settings)
        let runs = ClusterRuns(box: box)
        drivers = [PlaybookDriver(martlet: martlet) { [box] in box.settings.playbook }]
        routes =
            ClusterRoutes(runs: runs).routes + ClusterItemRoutes(runs: runs).routes + PlaybookRoutes().routes
        facade = ClusterFacade(runs: runs)
    }
}
