import ArgumentParser
import MartletCore

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Print a link that logs one browser in to the console.",
        discussion: """
            The browser gets the rights of the token that this command uses, until it logs out or the token is revoked.

            Example: martlet login
            """)
    @OptionGroup var options: ClientOptions

    func run() async throws {
        try await Complaint.asExit {
            let client = try options.client()
            let reply = try await client.call("POST", "/api/login-links")
            if options.json { return Terminal.print(reply.text) }
            Terminal.print(client.base + (try reply.json()["path"].string ?? ""))
            Terminal.complain("good for one browser, for 15 minutes")
        }
    }
}
