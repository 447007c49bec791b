import ArgumentParser
import MartletCore

struct OpenAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Print the OpenAPI document of the server's API.",
        discussion: """
            It describes what the token may see: the native API, and the script tasks of this moment.

            Example: martlet openapi > martlet.json
            """)

    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await Complaint.asExit {
            let reply = try await options.client().call("GET", "/api/openapi.json")
            Terminal.print(options.json ? reply.text : JSONText.pretty(try reply.json()))
        }
    }
}
