import HTTPTypes
import MartletCore

/// The OpenAPI 3.1 document of some routes. Everything in it comes from the table that the router is made from.
struct OpenAPIDocument {
    let routes: [DescribedRoute]
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
            "tags": .array(Set(routes.map(\.operation.tag)).sorted().map { ["name": .string($0)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas),
                "responses": .object(Self.problems),
                "headers": .object(Self.headers),
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    private var paths: [String: JSONValue] {
        Dictionary(grouping: routes, by: \.path).mapValues { routes in
            .object(
                Dictionary(routes.map { ($0.method.rawValue.lowercased(), OperationObject($0).json) }) { first, _ in
                    first
                })
        }
    }

    /// Every named schema that an operation uses, and those that these use.
    private var schemas: [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        var open = routes.flatMap(\.operation.schemas) + [.problem]
        while let next = open.popLast() {
            guard found[next.name] == nil else { continue }
            found[next.name] = next.json
            open += next.schema.named
        }
        return found
    }

    /// One response for each status that problems have; its description lists their codes.
    private static var problems: [String: JSONValue] {
        Dictionary(grouping: ProblemCode.allCases, by: \.status.code).reduce(into: [:]) { responses, entry in
            let (status, codes) = entry
            responses["Problem\(status)"] = [
                "description": .string(codes.map { "`\($0.rawValue)`: \($0.title)" }.joined(separator: "; ")),
                "headers": ["X-Request-Id": ["$ref": "#/components/headers/X-Request-Id"]],
                "content": ["application/problem+json": ["schema": Schema.ref(.problem).json]],
            ]
        }
    }

    private static var headers: [String: JSONValue] {
        var headers: [String: JSONValue] = [
            "X-Request-Id": ["description": "Stands in the server's log, too", "schema": ["type": "string"]]
        ]
        for header in AnswerHeader.allCases {
            headers[header.rawValue] = ["description": .string(header.meaning), "schema": ["type": "string"]]
        }
        return headers
    }
}

extension Operation {
    var schemas: [NamedSchema] {
        parameters.flatMap(\.schema.named) + (body?.schema.named ?? [])
            + answers.flatMap { $0.content?.schema.named ?? [] }
    }
}
