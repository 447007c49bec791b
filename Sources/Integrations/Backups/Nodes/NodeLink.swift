import Foundation
import Logging
import MartletCore
import MartletEngine

/// A controller's tie to one node, until it is ended: gives it its plan, again and again until it confirms it, and takes its
/// records. What is wrong with one node keeps no other waiting.
final class NodeLink: Sendable {
    /// A node that was not heard of for three of them is down.
    static let lease = Duration.seconds(15)
    static let mostFailures = 3
    static let longestPause = Duration.seconds(15)
    static let mostOpenAtOnce = 100

    let node: String
    let address: String
    /// The inventory does not have it any more: it is given an empty plan, and forgotten once it confirmed it.
    let isRetired: Bool
    let desk: NodeDesk
    let control: Control
    private let plan: @Sendable () async throws -> NodeService.Wanted
    let bell = Bell()
    private let end = Bell()
    let doorbell = Bell()

    init(
        node: String, address: String, isRetired: Bool, desk: NodeDesk, control: Control,
        plan: @escaping @Sendable () async throws -> NodeService.Wanted
    ) {
        self.node = node
        self.address = address
        self.isRetired = isRetired
        self.desk = desk
        self.control = control
        self.plan = plan
    }

    /// The plan may be another one.
    func ring() { bell.ring() }
    func stop() { end.ring() }
    /// There is something new: a pause ends.
    func hear() { doorbell.ring() }

    func run() async {
        desk.enter(NodeDesk.Status(name: node, address: address), of: self)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while await self.end.wait(since: 0, upTo: .seconds(86_400)) == 0, !Task.isCancelled {}
            }
            group.addTask { await self.push() }
            if !isRetired { group.addTask { await self.pull() } }
            await group.next()
            group.cancelAll()
        }
        desk.remove(node, of: self)
    }

    // MARK: The plan

    /// Ends for a retired node alone: once it has confirmed that there is nothing to do any more.
    private func push() async {
        var (rung, pause, told) = (0, Duration.seconds(1), "")
        while !Task.isCancelled {
            do {
                let isDone = try await pushOnce()
                if isDone, isRetired { return }
                (pause, told) = (.seconds(1), "")
                rung = await bell.wait(since: rung, upTo: .seconds(60))
            } catch {
                if Task.isCancelled { return }
                let problem = "the plan is not confirmed: \(Self.words(error))"
                // Once for each reason: a node may be away for long.
                desk.logger.log(
                    level: told == problem ? .debug : .warning,
                    "plan not confirmed, it is sent again", metadata: ["node": "\(node)", "error": "\(error)"])
                told = problem
                desk.update(node, of: self) { $0.problem = problem }
                // Rung when the node answers again: then it need not wait.
                rung = await bell.wait(since: rung, upTo: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    /// Nothing is sent when the node is known to have the plan.
    private func pushOnce() async throws -> Bool {
        let wanted = try await plan()
        let version = wanted.plan.version
        let before = desk.status(of: node)
        desk.update(node, of: self) { $0.wanted = version }
        if before?.plan == version { return true }
        let standing: NodeClient.Standing
        do {
            standing = try await desk.client.put(wanted.plan, version: version, at: address)
            try check(standing.node)
        } catch {
            guard isRetired, error.problems.contains(where: { $0.field == "node" }) else { throw error }
            // Another node's agent is there now: nobody has the plan any more.
            try await retire()
            return true
        }
        guard standing.plan == version else {
            throw MartletError(.unavailable, "the agent confirmed another plan")
        }
        if isRetired {
            try await retire()
            return true
        }
        try await control.store.save(node: KnownNode(name: node, address: address, plan: version))
        desk.update(node, of: self) {
            $0.plan = version
            $0.problem = wanted.problem
        }
        desk.logger.info(
            "plan confirmed",
            metadata: ["node": "\(node)", "version": "\(version)", "volumes": "\(wanted.plan.volumes.count)"])
        return true
    }

    private func retire() async throws {
        try await lose(
            try await open(), why: "its node left the inventory before it ended; the agent's own record has its end")
        try await control.store.forget(node: node)
        desk.logger.info("node left the inventory", metadata: ["node": "\(node)"])
    }

    func check(_ name: String) throws(MartletError) {
        guard name == node else {
            throw MartletError(
                .unavailable,
                "the agent at \(address) is called \(name.prefix(255)) (--node); the inventory calls it \(node)")
        }
    }

    static func words(_ error: any Error) -> String { (error as? MartletError)?.message ?? "\(error)" }
}
