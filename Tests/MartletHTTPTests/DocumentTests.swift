import HTTPTypes
import Hummingbird
import MartletCore
import Testing

@testable import MartletHTTP

@Suite struct DocumentTests {
    private func document(_ api: LiveAPI) async throws -> JSONValue {
        try await api.call("GET", "/api/openapi.json").json
    }

    @Test func `every route is in the document, and nothing else`() async throws {
        let api = try await LiveAPI()
        let paths = try #require(try await document(api)["paths"].object)
        let described = paths.flatMap { path, item in (item.object ?? [:]).keys.map { "\($0.uppercased()) \(path)" } }
        #expect(Set(described) == Set(api.routes.map { "\($0.method.rawValue) \($0.path)" }))
        #expect(described.count == api.routes.count)
    }

    @Test func `every operation has an id of its own and an example`() async throws {
        let operations = try await LiveAPI().routes.map(\.operation)
        #expect(Set(operations.map(\.id)).count == operations.count)
        for operation in operations {
            #expect(!operation.examples.isEmpty, "\(operation.id)")
            for example in operation.examples {
                #expect(operation.answers.contains { $0.status == example.status }, "\(operation.id) \(example.name)")
            }
        }
    }

    @Test func `open routes need nothing, all others a token and say which role`() async throws {
        let api = try await LiveAPI()
        let paths = try await document(api)["paths"]
        for route in api.routes {
            let operation = paths[route.path][route.method.rawValue.lowercased()]
            #expect((operation["security"] == []) == (route.access == .open), "\(route.path)")
            #expect(operation["description"].string == route.access.role.map { "Needs the role `\($0.rawValue)`." })
            #expect((operation["responses"].object?["401"] == nil) == (route.access == .open), "\(route.path)")
        }
    }

    @Test func `words of the schemas are the words of the parsers`() async throws {
        let schemas = try await document(LiveAPI())["components"]["schemas"]
        func words(_ schema: JSONValue) -> [String] { schema["enum"].array?.compactMap(\.string) ?? [] }
        #expect(words(schemas["RunItem"]["properties"]["state"]) == RunState.allCases.map(\.rawValue))
        #expect(words(schemas["Run"]["properties"]["outcome"]) == Outcome.allCases.map(\.rawValue))
        #expect(words(schemas["Problem"]["properties"]["code"]) == ProblemCode.allCases.map(\.rawValue))
        #expect(words(schemas["NewToken"]["properties"]["role"]) == Rights.Role.allCases.map(\.rawValue))
        #expect(words(schemas["Task"]["properties"]["when"]) == TaskSpec.When.allCases.map(\.rawValue))
    }

    /// An unknown key is refused with a list of those that are known: that list is the schema's.
    @Test(
        arguments: [
            ("POST", "/api/runs", "NewRun", 1), ("PUT", "/api/jobs/x", "JobDefinition", nil),
            ("POST", "/api/tokens", "NewToken", nil), ("PUT", "/api/schedules/x", "ScheduleDefinition", nil),
        ] as [(String, String, String, Int?)])
    func `the keys of a request are those that its parser knows`(
        _ method: String, _ path: String, _ name: String, _ choice: Int?
    ) async throws {
        let api = try await LiveAPI()
        let schemas = try await document(api)["components"]["schemas"]
        let schema = choice.map { schemas[name]["anyOf"][$0] } ?? schemas[name]
        let reply = try await api.call(method, path, body: #"{"surprise":1,"command":["true"]}"#)
        let text = try #require(
            reply.json["errors"].array?.first { $0["field"] == "surprise" }?["problem"].string, "\(reply.text)")
        let known = text.split(separator: "known here: ").last?.split(separator: ", ").map(String.init) ?? []
        // A run may name a stored job in place of its own.
        let documented = Set((schema["properties"].object ?? [:]).keys).union(choice == nil ? [] : ["job"])
        #expect(Set(known) == documented)
    }

    @Test func `a checker that finds nothing would prove nothing`() async throws {
        let document = try await document(LiveAPI())
        let check = SchemaCheck(document: document)
        let schema = document["components"]["schemas"]["RunItem"]
        let good = try #require(schema["examples"][0].object)
        #expect(check.problems(.object(good), schema).isEmpty)
        let wrongs: [(String, JSONValue?)] = [
            ("state", "flying"), ("id", "x"), ("createdAt", "today"), ("attempt", -1), ("task", [:]),
            ("labels", ["a": 1]),
            ("title", .null), ("surprise", 1), ("reason", nil),
        ]
        for (name, value) in wrongs {
            var run = good
            run[name] = value
            #expect(!check.problems(.object(run), schema).isEmpty, "\(name)")
        }
    }
}
