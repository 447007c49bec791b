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
    /// Backups, drills and checks as the work of schedules.
    package let work: any WorkSource

    /// `martlet`: path of the server's own program.
    package init(settings: BackupSettings, martlet: String, logger: Logger) {
        let box = BackupBox(settings)
        self.box = box
        drivers = [VolumeBackupDriver(box, martlet: martlet), VolumeWorkDriver(martlet: martlet)]
        loader = InventoryLoader(box: box, logger: logger)
        work = VolumeScheduleWork(box: box)
        routes = VolumeRoutes(box: box, downloads: Downloads(martlet: martlet)).routes
    }

    /// What facades and schedulers call.
    package func volumes(_ control: Control) -> Volumes { Volumes(control: control, box: box) }
}
