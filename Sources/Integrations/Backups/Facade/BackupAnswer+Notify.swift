import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletHTTP

extension BackupAnswer {
    private static let largestRecord = 1 << 20

    /// An agent has something new. What it is, is asked of the agent: what stands here is believed of nobody. It needs a token,
    /// also on an open listener.
    func notify() async throws -> Response {
        if call.principal.identity == .anonymous {
            throw BackupRefusal(.unauthorized, "unauthorised", "records are taken with the agents' token only")
        }
        guard rights.covers(job: AgentSettings.doorbell, labels: [:]) else {
            throw BackupRefusal(.forbidden, "forbidden", "this token is not for the records of agents")
        }
        guard let bytes = try await call.body(upTo: Self.largestRecord) else {
            throw BackupRefusal(.contentTooLarge, "too_large", "a record has at most \(Self.largestRecord) bytes")
        }
        guard let value = try? JSONParser.parse(bytes) else {
            throw BackupRefusal(.badRequest, "invalid", "the body is no JSON")
        }
        _ = try JobRecord(value)
        let node = query["node"] ?? ""
        guard fleet.ring(node) else {
            throw BackupRefusal(.forbidden, "forbidden", "the inventory has no node \(node.prefix(100))")
        }
        return Response(status: .ok)
    }
}
