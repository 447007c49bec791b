import Foundation
import MartletCore

extension Examination {
    /// Each of the server's own checks; the store's is among them.
    func server() async -> [Finding] {
        let ready: JSONValue
        do {
            ready = try await client.call("GET", "/readyz", accept: [503], within: 5).json()
        } catch let error as APIClient.Unreachable where error.isUntrusted {
            return [
                .wrong(
                    "server", "one answers at \(client.base), but its certificate is not trusted or not for this name",
                    fix: "martlet doctor --ca FILE (MARTLET_CA), with the certificate of its issuer")
            ]
        } catch let error as APIClient.Unreachable {
            return [.note("server", "none answers at \(client.base): \(error.reason)", fix: "martlet serve")]
        } catch {
            return [
                .wrong(
                    "server", "\(client.base) does not answer as a server of Martlet: \(Complaint.lines(error)[0])",
                    fix: "name the right one with --server URL")
            ]
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
            findings += try await calendars()
        } catch {
            findings.append(
                .wrong(
                    "server: token", Complaint.lines(error)[0],
                    fix: "give the data directory of this server, or MARTLET_TOKEN"))
        }
        return findings
    }

    private func calendars() async throws -> [Finding] {
        // An older server knows no calendars.
        let reply = try await client.call("GET", "/api/calendars", accept: [404], within: 5)
        guard reply.status != 404 else { return [] }
        let items = try reply.json()["items"].items
        let lacking = items.compactMap { calendar -> Finding? in
            let years = calendar["missing"].items.compactMap(\.int).map(String.init).joined(separator: ", ")
            guard !years.isEmpty else { return nil }
            return .note(
                "server: calendar \(calendar["name"].string ?? "")", "has no list for \(years)",
                fix: "add one in the directory of schedules.calendars")
        }
        return lacking.isEmpty ? [.fine("server: calendars", "complete")] : lacking
    }
}
