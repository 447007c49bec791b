import Foundation
import HTTPTypes
import HummingbirdCore
import MartletCore
import MartletEngine
import MartletHTTP

/// The one node.
extension NomadCall {
    @Sendable func listNodes() async throws -> NomadReply {
        let wanted = try uuidPrefix("node")
        return try await watching(.nodes) {
            let kept = try await nomad.node()
            let own: [String: JSONValue] = [
                "Address": .string(node.address), "Version": .string(JobsNode.version),
            ]
            let stub: JSONValue = .object(common(kept).merging(own) { $1 })
            return .read(.array(kept.id.hasPrefix(wanted) ? [stub] : []), kept.modifyIndex)
        }
    }

    func oneNode(_ id: String) async throws -> NomadReply {
        try await watching(.nodes) {
            let kept = try await require(node: id)
            return .read(.object(common(kept).merging(whole(kept)) { $1 }), kept.modifyIndex)
        }
    }

    func require(node id: String) async throws -> NomadNode {
        let id = try uuid(id, "node")
        let kept = try await nomad.node()
        guard kept.id == id else {
            throw NomadRefusal(.notFound, "node not found", index: kept.modifyIndex)
        }
        return kept
    }

    private func common(_ kept: NomadNode) -> [String: JSONValue] {
        [
            "CreateIndex": .int(kept.createIndex), "Datacenter": .string(node.facts.datacenter),
            "Drain": .bool(kept.isDraining), "Drivers": .object(drivers), "HostVolumes": .null, "ID": .string(kept.id),
            "ModifyIndex": .int(kept.modifyIndex), "Name": .string(node.facts.name), "NodeClass": "",
            "SchedulingEligibility": kept.isEligible ? "eligible" : "ineligible", "Status": "ready",
            "StatusDescription": "",
        ]
    }

    private var drivers: [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: node.drivers.map { name in
                var attributes = node.attributes(of: name)
                attributes["driver.\(name)"] = "true"
                return (
                    name,
                    [
                        "Attributes": .object(attributes.mapValues(JSONValue.string)), "Detected": true,
                        "HealthDescription": "Healthy", "Healthy": true,
                        "UpdateTime": .string(GoText.time(node.since)),
                    ]
                )
            })
    }

    private func whole(_ kept: NomadNode) -> [String: JSONValue] {
        let resources = node.facts.resources
        func old(_ cpu: Int, _ memory: Int, _ disk: Int) -> JSONValue {
            [
                "CPU": .int(Int64(cpu)), "Devices": .null, "DiskMB": .int(Int64(disk)), "IOPS": 0,
                "MemoryMB": .int(Int64(memory)), "Networks": .null,
            ]
        }
        return [
            "Attributes": .object(node.attributes.mapValues(JSONValue.string)), "CSIControllerPlugins": .null,
            "CSINodePlugins": .null, "ComputedClass": "", "DrainStrategy": Self.strategy(kept),
            "Events": .array([
                [
                    "CreateIndex": 0, "Details": .null, "Message": "Node registered", "Subsystem": "Cluster",
                    "Timestamp": .string(GoText.time((kept.registeredAt ?? kept.changedAt) * 1_000_000_000)),
                ]
            ]),
            "HTTPAddr": .string(callersAddress), "HostVolumes": .null, "Links": .object([:]),
            "Meta": .object([:]),
            "NodeResources": [
                "Cpu": ["CpuShares": .int(Int64(resources.cpu))], "Devices": .null,
                "Disk": ["DiskMB": .int(Int64(node.diskMB))], "Memory": ["MemoryMB": .int(Int64(resources.memory))],
                "Networks": .array([]),
            ],
            "Reserved": old(0, 0, 0),
            "ReservedResources": [
                "Cpu": ["CpuShares": 0], "Disk": ["DiskMB": 0], "Memory": ["MemoryMB": 0],
                "Networks": ["ReservedHostPorts": ""],
            ],
            "Resources": old(resources.cpu, resources.memory, node.diskMB), "SecretID": "",
            "StatusUpdatedAt": .int(kept.changedAt), "TLSEnabled": false,
        ]
    }

    /// Where the caller has reached this server: clients that follow logs connect to it once more.
    private var callersAddress: String {
        let usual = "\(node.address):4646"
        guard let named = call.request.head.authority, named.utf8.count <= 255, named.split(separator: ":").count > 1,
            named.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) && !named.contains(where: { "/?#@\\\"<>".contains($0) })
        else { return usual }
        return named
    }

    private static func strategy(_ kept: NomadNode) -> JSONValue {
        guard kept.isDraining else { return .null }
        let never = JSONValue.string("0001-01-01T00:00:00Z")
        guard let drain = kept.drain else {
            return ["Deadline": 0, "ForceDeadline": never, "IgnoreSystemJobs": false, "StartedAt": never]
        }
        let start = drain.startedAt * 1_000_000_000
        return [
            "Deadline": .int(drain.deadline),
            "ForceDeadline": drain.deadline > 0 ? .string(GoText.time(start &+ drain.deadline)) : never,
            "IgnoreSystemJobs": .bool(drain.sparesSystemJobs), "StartedAt": .string(GoText.time(start)),
        ]
    }

    // MARK: Changes

    /// A year, in nanoseconds.
    private static let longestDrain: Int64 = 365 * 86_400 * 1_000_000_000

    func setEligibility(_ id: String) async throws -> NomadReply {
        let body = try await object()
        if let named = body.member("NodeID")?.string, !named.isEmpty, named != id {
            throw NomadRefusal(.badRequest, "Node ID does not match")
        }
        let words: [String: Bool] = ["eligible": true, "ineligible": false]
        guard let word = body.member("Eligibility")?.string, let isEligible = words[word] else {
            throw NomadRefusal(
                .internalServerError, "invalid scheduling eligibility \"\(body.member("Eligibility")?.string ?? "")\"")
        }
        try demandAll()
        let before = try await require(node: id)
        if before.isDraining, isEligible {
            throw NomadRefusal(
                .internalServerError, "can not set node's scheduling eligibility to eligible while it is draining")
        }
        return nodeReply(try await nomad.setNode(eligible: isEligible), showsEvaluations: isEligible)
    }

    func setDrain(_ id: String) async throws -> NomadReply {
        let body = try await object()
        try demandAll()
        _ = try await require(node: id)
        guard let spec = body.member("DrainSpec"), spec != .null else {
            let eligible: Bool? = body.member("MarkEligible") == true ? true : nil
            return nodeReply(try await nomad.setNode(eligible: eligible, draining: .off), showsEvaluations: false)
        }
        let drain = NomadNode.Drain(
            deadline: min(max(spec.member("Deadline")?.whole ?? 0, -1), Self.longestDrain),
            sparesSystemJobs: spec.member("IgnoreSystemJobs") == true,
            startedAt: control.now().nanoseconds / 1_000_000_000)
        return nodeReply(try await nomad.setNode(eligible: false, draining: .on(drain)), showsEvaluations: true)
    }

    /// What concerns every job is for tokens that are bound to none.
    func demandAll() throws(NomadRefusal) {
        if rights.isRestricted { throw NomadRefusal(.forbidden, "Permission denied") }
    }

    func evaluate(node id: String) async throws -> NomadReply {
        try demandAll()
        _ = try await require(node: id)
        return nodeReply(try await nomad.setNode(), showsEvaluations: true)
    }

    /// The node is this server: it cannot be taken away.
    func purge(node id: String) async throws -> NomadReply {
        guard try await nomad.node().id == id.lowercased() else {
            throw NomadRefusal(.internalServerError, "node not found")
        }
        throw NomadRefusal(.internalServerError, "the node is this server itself, and stays")
    }

    private func nodeReply(_ result: (node: NomadNode, evaluations: [String]), showsEvaluations: Bool) -> NomadReply {
        let index = result.node.modifyIndex
        let evaluations = showsEvaluations && !result.evaluations.isEmpty ? result.evaluations : []
        return .write(
            [
                "EvalCreateIndex": evaluations.isEmpty ? 0 : .int(index),
                "EvalIDs": evaluations.isEmpty ? .null : .array(evaluations.map(JSONValue.string)),
                "Index": .int(index),
                "NodeModifyIndex": .int(index),
            ], index)
    }
}
