import HTTPTypes
import MartletCore
import MartletEngine

/// The server as a member of a cluster of one.
extension NomadCall {
    private var peer: String { "\(node.address):4647" }

    @Sendable func leader() async throws -> NomadReply { .plain(.string(peer)) }
    @Sendable func peers() async throws -> NomadReply { .plain([.string(peer)]) }
    @Sendable func servers() async throws -> NomadReply { .plain([.string(peer)]) }
    @Sendable func regions() async throws -> NomadReply { .plain([.string(settings.region)]) }
    @Sendable func noPolicies() async throws -> NomadReply { .read([], try await greatestIndex()) }
    @Sendable func nothing() async throws -> NomadReply { NomadReply(content: .nothing, kind: .plain) }

    /// A cluster of one has nobody to join.
    @Sendable func join() async throws -> NomadReply {
        .plain(["error": "this server is a cluster of its own", "num_joined": 0])
    }

    private func greatestIndex() async throws -> Int64 { try await store.nomadIndexes().values.max() ?? 0 }

    @Sendable func health() async throws -> NomadReply {
        .plain(["client": ["message": "ok", "ok": true], "server": ["message": "ok", "ok": true]])
    }

    @Sendable func members() async throws -> NomadReply {
        .plain([
            "Members": [member(try await nomad.node())], "ServerDC": .string(node.facts.datacenter),
            "ServerName": .string(node.facts.name),
            "ServerRegion": .string(settings.region),
        ])
    }

    private func member(_ kept: NomadNode) -> JSONValue {
        [
            "Addr": .string(node.address), "DelegateCur": 4, "DelegateMax": 5, "DelegateMin": 2,
            "Name": .string("\(node.facts.name).\(settings.region)"), "Port": 4648, "ProtocolCur": 2, "ProtocolMax": 5,
            "ProtocolMin": 1, "Status": "alive",
            "Tags": [
                "bootstrap": "1", "build": .string(JobsNode.version), "dc": .string(node.facts.datacenter),
                "expect": "1", "id": .string(kept.id), "mvn": "1", "port": "4647", "raft_vsn": "2",
                "region": .string(settings.region), "role": "nomad",
                "rpc_addr": .string(node.address), "vsn": "1",
            ],
        ]
    }

    /// What clients look for in it; the rest of a Nomad agent's configuration has no counterpart here.
    @Sendable func agent() async throws -> NomadReply {
        let kept = try await nomad.node()
        return .plain([
            "config": [
                "ACL": ["Enabled": false], "BindAddr": .string(node.address), "Client": ["Enabled": true],
                "Datacenter": .string(node.facts.datacenter), "DevMode": false, "NodeName": .string(node.facts.name),
                "Ports": ["HTTP": 4646, "RPC": 4647, "Serf": 4648], "Region": .string(settings.region),
                "Server": ["BootstrapExpect": 1, "Enabled": true], "DataDir": .string(places.root),
                "EnableDebug": false, "EnableSyslog": false, "DisableUpdateCheck": true, "LeaveOnInt": false,
                "LeaveOnTerm": false,
                "Version": [
                    "Revision": "", "Version": .string(JobsNode.version), "VersionMetadata": "",
                    "VersionPrerelease": "",
                ],
            ],
            "member": member(kept), "stats": try await agentStats(kept),
        ])
    }

    /// As `agent-info` prints it: texts by component. A cluster of one has followed its own log to its end.
    private func agentStats(_ kept: NomadNode) async throws -> JSONValue {
        let index = JSONValue.string(String(try await greatestIndex()))
        let live = try await store.nomadAllocations(.node(kept.id), withHistory: false).items.count { !$0.facts.isOver }
        return [
            "client": [
                "known_servers": .string(peer), "node_id": .string(kept.id), "num_allocations": .string(String(live)),
            ],
            "nomad": [
                "bootstrap": "true", "known_regions": "1", "leader": "true", "leader_addr": .string(peer),
                "server": "true",
            ],
            "raft": [
                "applied_index": index, "commit_index": index, "last_contact": "0", "last_log_index": index,
                "num_peers": "0", "state": "Leader",
            ],
            "runtime": [
                "arch": .string(node.attributes["cpu.arch"] ?? ""),
                "cpu_count": .string(node.attributes["cpu.numcores"] ?? ""),
                "kernel.name": .string(node.attributes["kernel.name"] ?? ""),
                "version": .string("martlet \(node.release)"),
            ],
            "serf": ["encrypted": "false", "failed": "0", "left": "0", "members": "1"],
        ]
    }

    @Sendable func raft() async throws -> NomadReply {
        .plain([
            "Index": 0,
            "Servers": [
                [
                    "Address": .string(peer), "ID": .string(peer), "Leader": true,
                    "Node": .string("\(node.facts.name).\(settings.region)"), "RaftProtocol": "2", "Voter": true,
                ]
            ],
        ])
    }

    @Sendable func collect() async throws -> NomadReply {
        try demandAll()
        _ = try await nomad.collectGarbage(force: true)
        return NomadReply(content: .nothing, kind: .plain)
    }

    private static let contexts = ["allocs", "deployment", "evals", "jobs", "nodes", "plugins", "volumes"]
    private static let mostMatches = 20

    /// Ids that begin with a text.
    @Sendable func search() async throws -> NomadReply {
        let body = try await object()
        let context = body.member("Context")?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "all"
        guard context == "all" || Self.contexts.contains(context) else {
            throw NomadRefusal(
                .internalServerError,
                "context must be one of \(Self.contexts) or 'all' for all contexts; got \"\(context)\"")
        }
        let prefix = body.member("Prefix")?.string ?? ""
        let wanted = context == "all" ? Self.contexts : [context]
        var (matches, cut) = ([String: JSONValue](), [String: JSONValue]())
        for word in wanted {
            let ids = try await ids(word, prefix)
            matches[word] = ids.isEmpty ? .null : .array(ids.prefix(Self.mostMatches).map(JSONValue.string))
            cut[word] = .bool(ids.count > Self.mostMatches)
        }
        let index = try await greatestIndex()
        return .read(
            [
                "Index": .int(index), "KnownLeader": true, "LastContact": 0, "Matches": .object(matches),
                "Truncations": .object(cut),
            ], index)
    }

    private func ids(_ context: String, _ prefix: String) async throws -> [String] {
        let isID = prefix.allSatisfy { $0.isHexDigit || $0 == "-" } && prefix.utf8.count <= 36
        switch context {
        case "jobs": return try await store.nomadJobs(prefix: prefix).items.map(\.job.id).filter(covers)
        case "allocs" where isID:
            return try await store.nomadAllocations(.prefix(prefix), withHistory: false).items
                .filter { covers($0.record.jobID) }.map(\.record.id)
        case "evals" where isID:
            return try await store.nomadEvaluations(.prefix(prefix)).items.filter { covers($0.jobID) }.map(\.id)
        case "deployment" where isID:
            return try await store.nomadDeployments(.prefix(prefix)).items.filter { covers($0.edition.job) }.map(\.id)
        case "nodes" where isID: return [try await nomad.node().id].filter { $0.hasPrefix(prefix) }
        default: return []
        }
    }
}
