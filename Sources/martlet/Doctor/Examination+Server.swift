import Foundation
import MartletCore

extension Examination {
    /// Each of the server's own checks; the store's is among them.
    func server() async -> [Finding] {
        guard let ready = try? await client.call("GET", "/readyz", accept: [503], within: 5).json() else {
            return [.note("server", "none answers at \(client.base)", fix: "martlet serve")]
        }
        var findings = [Finding.fine("server", "answers at \(client.base)")]
        for (name, check) in (ready["checks"].object ?? [:]).sorted(by: { $0.key < $1.key }) {
            let problem = check["problem"].string
            findings.append(
                problem.map { .wrong("server: \(name)", $0, fix: "see the server's log") }
                    ?? .fine("server: \(name)", "fine"))
        }
        do {
            try await client.call("GET", "/api/runs?limit=1", within: 5)
            findings.append(.fine("server: token", "accepted"))
        } catch {
            findings.append(
                .wrong(
                    "server: token", Complaint.lines(error)[0],
                    fix: "give the data directory of this server, or MARTLET_TOKEN"))
        }
        return findings
    }
}
