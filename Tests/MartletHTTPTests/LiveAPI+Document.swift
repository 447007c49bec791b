import HTTPTypes
import MartletCore
import NIOHTTP1

@testable import MartletHTTP

extension LiveAPI.Reply {
    /// How the answer differs from what the document says about its route; nothing for a path without a route.
    func problems(of method: String, _ path: String, _ routes: [Route]) -> [String] {
        let path = String(path.prefix { $0 != "?" })
        let methods = method == "HEAD" ? ["HEAD", "GET"] : [method]
        guard
            let route = methods.lazy.compactMap({ method in
                routes.first { $0.method.rawValue == method && $0.matches(path) }
            }).first
        else { return [] }
        let document = OpenAPIDocument(parts: [.init([DescribedRoute(route)])], version: "").json
        let operation = document["paths"][route.path][route.method.rawValue.lowercased()]
        guard var response = operation["responses"].object?[String(status)] else {
            return ["\(method) \(path): the status \(status) is not documented: \(text.prefix(300))"]
        }
        if let path = response["$ref"].string {
            response = path.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] }
        }
        guard method != "HEAD", let contents = response["content"].object else { return [] }
        let type = headers["Content-Type"].first.map { String($0.prefix { $0 != ";" }) } ?? ""
        guard let content = contents[type] else { return ["\(method) \(path): the type \(type) is not documented"] }
        guard type.hasSuffix("json") else { return [] }
        return SchemaCheck(document: document).problems(json, content["schema"]).map { "\(method) \(path): \($0)" }
    }
}
