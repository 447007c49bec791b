import Foundation
package import Logging
package import MartletCore
package import MartletEngine
package import MartletHTTP

/// The integration that loads data into a GooseFS cache and looks after it.
package struct CacheLoad: Sendable {
    package let settings: CacheLoadSettingsBox
    package let drivers: [any Driver]
    package let facade: any Facade
    /// What schedules can start.
    package let work: any WorkSource

    /// `version`: the server's, for the description of the API.
    package init(settings: CacheLoadSettings, version: String) {
        let box = CacheLoadSettingsBox(settings)
        self.settings = box
        drivers = [CacheDriver(.load, box), CacheDriver(.query, box)]
        facade = CacheLoadFacade(settings: box, version: version)
        work = CacheWork(settings: box)
    }

    /// A server starts without its program, which may be installed later; each load says then that it could not start.
    package func warnWhenMissing(_ logger: Logger) {
        guard let bin = settings.value.bin, !FileManager.default.isExecutableFile(atPath: bin) else { return }
        logger.warning("cacheLoad.bin is no program that can be started", metadata: ["path": "\(bin)"])
    }
}
