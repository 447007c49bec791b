import HTTPTypes
package import Hummingbird
import MartletCore

/// The description of the API. What facades serve is described anew for each caller: their tasks come and go.
struct OpenAPIRoutes: Sendable {
    private static let path = "/api/openapi.json"
    private static let summary = "Describe the API (OpenAPI 3.1)"
    private static let access = Route.Access.covered(.read)

    private let native: OpenAPIDocument.Part
    private let facades: [any Facade]
    private let version: String

    /// `others`: the routes beside this one.
    init(others: [Route], facades: [any Facade], version: String) {
        let own = DescribedRoute(.get, Self.path, Self.summary, access: Self.access, .openAPI)
        native = OpenAPIDocument.Part(others.map(DescribedRoute.init) + [own])
        self.facades = facades
        self.version = version
    }

    var route: Route { Route(.get, Self.path, Self.summary, access: Self.access, .openAPI, describe) }

    @Sendable private func describe(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let legacy = OpenAPIDocument.Part(facades.flatMap { $0.routes(for: call.principal.rights) })
        var json = JSONWriter(capacity: 256 << 10)
        json.value(OpenAPIDocument(parts: [native, legacy], version: version).json)
        return .json(buffer: json.buffer)
    }
}

extension Response {
    /// The description of some routes alone, for the page that a replaced system had for it.
    package static func openAPI(of routes: [DescribedRoute], version: String) -> Response {
        var json = JSONWriter(capacity: 32 << 10)
        json.value(OpenAPIDocument(parts: [OpenAPIDocument.Part(routes)], version: version).json)
        return .json(buffer: json.buffer)
    }
}
