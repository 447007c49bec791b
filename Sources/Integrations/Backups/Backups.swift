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
    /// The replaced system's API.
    package let facade: any Facade
    /// Backups, drills and checks as the work of schedules.
    package let work: any WorkSource

    /// `martlet`: path of the server's own program. `copyStore`: puts a copy of the server's store into a directory below
    /// ``BackupSettings/copies``, given from there on; `""` is that directory itself.
    package init(
        settings: BackupSettings, martlet: String, logger: Logger,
        copyStore: @escaping @Sendable (String) async throws -> Void
    ) {
        let box = BackupBox(settings)
        self.box = box
        drivers = [VolumeBackupDriver(box, martlet: martlet), VolumeWorkDriver(martlet: martlet)]
        loader = InventoryLoader(box: box, logger: logger)
        work = VolumeScheduleWork(box: box)
        let downloads = Downloads(martlet: martlet)
        routes = VolumeRoutes(box: box, downloads: downloads).routes
        facade = BackupsFacade(box: box, downloads: downloads, copyStore: copyStore)
    }

    /// What facades and schedulers call.
    package func volumes(_ control: Control) -> Volumes { Volumes(control: control, box: box) }
}
