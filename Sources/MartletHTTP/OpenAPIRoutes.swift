import Hummingbird
import MartletCore

/// The description of the API, made anew for each caller: the tasks of facades come and go.
struct OpenAPIRoutes: Sendable {
    /// The routes beside this one.
    let others: [Route]
    let facades: [any Facade]
    let version: String

    var route: Route {
        Route(.get, "/api/openapi.json", "Describe the API (OpenAPI 3.1)", access: .covered(.read), .openAPI, describe)
    }

    @Sendable private func describe(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let native = (others + [route]).map(DescribedRoute.init)
        let legacy = facades.flatMap { $0.routes(for: call.principal.rights) }
        var json = JSONWriter(capacity: 256 << 10)
        json.value(OpenAPIDocument(routes: native + legacy, version: version).json)
        return .json(buffer: json.buffer)
    }
}
