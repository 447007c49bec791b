import HTTPTypes
import MartletCore

/// The OpenAPI 3.1 document of some routes. Everything in it comes from the table that the router is made from.
struct OpenAPIDocument {
    /// What the document says about some of the routes.
    struct Part: Sendable {
        fileprivate let paths: [String: JSONValue]
        fileprivate let schemas: [String: JSONValue]
        fileprivate let tags: Set<String>
    }

    let parts: [Part]
    let version: String

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Martlet", "version": .string(version),
                "summary": "Operations work as HTTP calls",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "security": [["token": []]],
            "tags": .array(
                parts.reduce(into: Set()) { $0.formUnion($1.tags) }.sorted().map { ["name": .string($0)] }),
            "paths": .object(parts.reduce(into: [:]) { $0.merge($1.paths) { $1 } }),
            "components": [
                "schemas": .object(parts.reduce(into: [:]) { $0.merge($1.schemas) { $1 } }),
                "responses": Self.problems, "headers": Self.headers,
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    /// One response for each status that problems have; its description lists their codes.
    private static let problems: JSONValue = .object(
        Dictionary(grouping: ProblemCode.allCases, by: \.status.code).reduce(into: [:]) { responses, entry in
            let (status, codes) = entry
            responses["Problem\(status)"] = [
                "description": .string(codes.map { "`\($0.rawValue)`: \($0.title)" }.joined(separator: "; ")),
                "headers": ["X-Request-Id": ["$ref": "#/components/headers/X-Request-Id"]],
                "content": ["application/problem+json": ["schema": Schema.ref(.problem).json]],
            ]
        })

    private static let headers: JSONValue = .object(
        AnswerHeader.allCases.reduce(
            into: ["X-Request-Id": ["description": "Stands in the server's log, too", "schema": ["type": "string"]]]
        ) { headers, header in
            headers[header.rawValue] = ["description": .string(header.meaning), "schema": ["type": "string"]]
        })
}

extension OpenAPIDocument.Part {
    init(_ routes: [DescribedRoute]) {
        tags = Set(routes.map(\.operation.tag))
        paths = Dictionary(grouping: routes, by: \.path).mapValues { routes in
            .object(
                Dictionary(routes.map { ($0.method.rawValue.lowercased(), OperationObject($0).json) }) { first, _ in
                    first
                })
        }
        schemas = Self.schemas(routes)
    }

    /// Every named schema that an operation uses, and those that these use.
    private static func schemas(_ routes: [DescribedRoute]) -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        var open = routes.flatMap(\.operation.schemas) + [.problem]
        while let next = open.popLast() {
            guard found[next.name] == nil else { continue }
            found[next.name] = next.json
            open += next.schema.named
        }
        return found
    }
}

extension Operation {
    fileprivate var schemas: [NamedSchema] {
        parameters.flatMap(\.schema.named) + (body?.schema.named ?? [])
            + answers.flatMap { $0.content?.schema.named ?? [] }
    }
}
