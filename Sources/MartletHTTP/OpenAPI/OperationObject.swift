import HTTPTypes
import MartletCore

/// One method of one path, as the document has it. An example's parts bear its name: those of the parameters and of the
/// body make the request, that of an answer says how the request is answered.
struct OperationObject {
    private let route: DescribedRoute
    private var operation: Operation { route.operation }

    init(_ route: DescribedRoute) { self.route = route }

    var json: JSONValue {
        var json: [String: JSONValue] = [
            "operationId": .string(operation.id), "summary": .string(route.summary),
            "tags": [.string(operation.tag)], "responses": .object(responses),
        ]
        if !parameters.isEmpty { json["parameters"] = .array(parameters.map(object)) }
        json["requestBody"] = operation.body.map(object)
        json["security"] = security
        if let role = route.role { json["description"] = .string("Needs the role `\(role.rawValue)`.") }
        return .object(json)
    }

    private var security: JSONValue? {
        if route.role == nil { return [] }
        return route.needsToken ? nil : [.object([:]), ["token": []]]
    }

    // MARK: Requests

    /// Those of the path come first; what the operation does not say about one is known by its name.
    private var parameters: [Operation.Parameter] {
        let names = route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            String($0.dropFirst().dropLast())
        }
        let described = operation.parameters.filter { $0.place == .path }.map(\.name)
        let path = names.filter { !described.contains($0) }.map { Operation.Parameter.path($0, .pathParameter($0)) }
        return path + operation.parameters
    }

    private func object(_ parameter: Operation.Parameter) -> JSONValue {
        var json: [String: JSONValue] = [
            "in": .string(parameter.place.rawValue), "name": .string(parameter.name), "schema": parameter.schema.json,
        ]
        if parameter.place == .path { json["required"] = true }
        if parameter.isJoined { json["explode"] = false }
        let examples = operation.examples.compactMap { example in
            example.parameters[parameter.name].map { (example.name, JSONValue.object(["value": $0])) }
        }
        if !examples.isEmpty { json["examples"] = .object(Dictionary(examples) { first, _ in first }) }
        return .object(json)
    }

    private func object(_ body: Operation.Body) -> JSONValue {
        let examples = operation.examples.compactMap { example in
            example.body.map { (example.name, JSONValue.object(["value": $0])) }
        }
        var content: [String: JSONValue] = ["schema": body.schema.json]
        if !examples.isEmpty { content["examples"] = .object(Dictionary(examples) { first, _ in first }) }
        return ["required": .bool(body.isRequired), "content": .object([body.contentType: .object(content)])]
    }

    // MARK: Answers

    private var responses: [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        for status in Set((route.common + operation.problems).map(\.status.code)) {
            responses[String(status)] = ["$ref": .string("#/components/responses/Problem\(status)")]
        }
        for answer in operation.answers {
            let isShared = responses[String(answer.status.code)] != nil
            responses[String(answer.status.code)] = object(answer, besideProblems: isShared)
        }
        return responses
    }

    private func object(_ answer: Operation.Answer, besideProblems: Bool) -> JSONValue {
        var headers: [String: JSONValue] = ["X-Request-Id": ["$ref": "#/components/headers/X-Request-Id"]]
        for header in answer.headers {
            headers[header.rawValue] = ["$ref": .string("#/components/headers/\(header.rawValue)")]
        }
        var json: [String: JSONValue] = ["description": .string(answer.description), "headers": .object(headers)]
        let examples = operation.examples.filter { $0.status == answer.status }
        if let (type, schema) = answer.content {
            var content: [String: JSONValue] = ["schema": schema.json]
            let shown = examples.map { ($0.name, JSONValue.object(["value": $0.answer ?? schema.sample])) }
            if !shown.isEmpty { content["examples"] = .object(Dictionary(shown) { first, _ in first }) }
            var contents = [type: JSONValue.object(content)]
            if answer.isStreamed { contents["text/event-stream"] = ["schema": Schema.string().json] }
            if answer.isText { contents["text/plain"] = ["schema": Schema.string().json] }
            if besideProblems { contents["application/problem+json"] = ["schema": Schema.ref(.problem).json] }
            json["content"] = .object(contents)
        } else if !examples.isEmpty {
            // An answer without a body has no place for its examples' names.
            json["x-examples"] = .array(examples.map { .string($0.name) })
        }
        return .object(json)
    }
}

extension Schema {
    static let sampleInstant: JSONValue = "2026-03-01T12:00:00.120Z"

    /// An example of what the schema describes, made of the examples of the named ones.
    var sample: JSONValue {
        let members = json.object ?? [:]
        if let path = members["$ref"]?.string, let target = named.first(where: { path.hasSuffix("/" + $0.name) }) {
            return target.example
        }
        if let properties = members["properties"]?.object {
            return .object(properties.mapValues { Schema(json: $0, named: named).sample })
        }
        if let items = members["items"] { return [Schema(json: items, named: named).sample] }
        if let value = members["examples"]?.array?.first ?? members["const"] ?? members["enum"]?.array?.first {
            return value
        }
        if let choices = members["anyOf"]?.array, let first = choices.first {
            return Schema(json: first, named: named).sample
        }
        if members["format"] == "date-time" { return Self.sampleInstant }
        switch members["type"] {
        case .array: return .null
        case "string": return ""
        case "integer", "number": return members["minimum"] ?? 0
        case "boolean": return true
        case "object": return .object([:])
        default: return .null
        }
    }
}
