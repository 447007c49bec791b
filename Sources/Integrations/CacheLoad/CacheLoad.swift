package import MartletCore
package import MartletHTTP

/// The integration that loads data into a GooseFS cache and looks after it.
package struct CacheLoad: Sendable {
    package let settings: CacheLoadSettingsBox
    package let drivers: [any Driver]
    package let facade: any Facade

    /// `version`: the server's, for the description of the API.
    package init(settings: CacheLoadSettings, version: String) {
        let box = CacheLoadSettingsBox(settings)
        self.settings = box
        drivers = [CacheDriver(.load, box), CacheDriver(.query, box)]
        facade = CacheLoadFacade(settings: box, version: version)
    }
}
