import Foundation
import GoWire
import HTTPTypes
import MartletCore
import MartletEngine

/// `client/allocation/ID/stats` and `/signal`.
extension NomadCall {
    /// The query's task, or all.
    func usage(of allocation: String) async throws -> NomadReply {
        let found = try await clientRuns(of: allocation)
        let name = query["task"].flatMap { $0.isEmpty ? nil : $0 }
        let tasks = found.record.tasks.filter { name == nil || $0.name == name }
        if let name, tasks.isEmpty {
            throw NomadRefusal(
                .internalServerError,
                "allocation \(GoErrors.quoted(found.record.id)) has no task \(GoErrors.quoted(name))")
        }
        let used = try await withThrowingTaskGroup(of: (String, [ProcessLoad]).self) { group in
            for task in tasks { group.addTask { (task.name, try await self.loads(of: task)) } }
            var used: [String: [ProcessLoad]] = [:]
            for try await (name, loads) in group { used[name] = loads }
            return used
        }
        let now = JSONValue.int(Date().nanoseconds)
        let megahertz = Double(node.facts.resources.cpu) / Double(max(1, ProcessInfo.processInfo.activeProcessorCount))
        func shown(_ loads: [ProcessLoad], _ devices: JSONValue) -> JSONValue {
            UsageJSON.resources(loads, megahertz: megahertz, devices: devices)
        }
        let shownTasks = used.mapValues { loads -> JSONValue in
            let pids = Dictionary(loads.map { (String($0.pid), shown([$0], .null)) }) { $1 }
            return ["Pids": .object(pids), "ResourceUsage": shown(loads, .null), "Timestamp": now]
        }
        return .client([
            "ResourceUsage": shown(used.values.flatMap { $0 }, []), "Tasks": .object(shownTasks), "Timestamp": now,
        ])
    }

    private func loads(of task: MartletCore.NomadTask) async throws -> [ProcessLoad] {
        guard let id = task.run, let run = try await control.run(id) else { return [] }
        return try await control.usage(of: run)
    }

    /// Sends a signal to one task, or to all that run.
    func signal(_ allocation: String) async throws -> NomadReply {
        let body = try await object(saying: "Failed to decode body: ")
        let name = body.member("Signal")?.string ?? ""
        guard let signal = TaskSignal(name: name) else {
            let known = TaskSignal.allCases.map { "SIG" + $0.rawValue }.joined(separator: ", ")
            throw NomadRefusal(.badRequest, "Signal \(GoErrors.quoted(String(name.prefix(64)))) is not one of \(known)")
        }
        let found = try await clientRuns(of: allocation)
        let wanted = body.member("Task")?.string.flatMap { $0.isEmpty ? nil : $0 }
        let tasks = found.record.tasks.filter { wanted == nil || $0.name == wanted }
        if tasks.isEmpty { throw NomadRefusal(.internalServerError, "Task not found") }
        var failed: [String] = []
        for task in tasks {
            do { try await send(signal, to: task) } catch let error as MartletError where error.code == .conflict {
                failed.append(task.name)
            }
        }
        if failed.isEmpty { return .client(["Index": 0]) }
        throw NomadRefusal(.internalServerError, wanted == nil ? Self.notSignalled(failed) : Self.notRunning)
    }

    private static let notRunning = "Task not running"

    private func send(_ signal: TaskSignal, to task: MartletCore.NomadTask) async throws {
        guard let run = task.run else { throw MartletError(.conflict, Self.notRunning) }
        _ = try await control.signal(run, signal)
    }

    private static func notSignalled(_ tasks: [String]) -> String {
        let lines = tasks.map { "\t* Failed to signal task: \($0), err: \(notRunning)\n" }.joined()
        return "\(tasks.count) error\(tasks.count == 1 ? "" : "s") occurred:\n\(lines)\n"
    }
}

/// Memory and processor time as answers have them.
enum UsageJSON {
    /// The sum of them; zeros, and nothing measured, where there are none.
    static func resources(_ loads: [ProcessLoad], megahertz: Double, devices: JSONValue) -> JSONValue {
        let system = loads.reduce(0) { $0 + $1.system }
        let user = loads.reduce(0) { $0 + $1.user }
        return [
            "CpuStats": [
                "Measured": loads.isEmpty ? [] : ["System Mode", "User Mode", "Percent"],
                "Percent": .double(system + user), "SystemMode": .double(system), "ThrottledPeriods": 0,
                "ThrottledTime": 0, "TotalTicks": .double((system + user) / 100 * megahertz),
                "UserMode": .double(user),
            ],
            "DeviceStats": devices,
            "MemoryStats": [
                "Cache": 0, "KernelMaxUsage": 0, "KernelUsage": 0, "MaxUsage": 0,
                "Measured": loads.isEmpty ? ["RSS"] : ["RSS", "Swap"],
                "RSS": .int(loads.reduce(0) { $0 + $1.memory }), "Swap": .int(loads.reduce(0) { $0 + $1.swap }),
                "Usage": 0,
            ],
        ]
    }
}
