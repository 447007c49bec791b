import Foundation
import MartletCore

/// Asks as the program `nomad` 0.11 does: by PUT, with a region and a namespace, and taking gzip.
struct CommandClient {
    let nomad: JobServer
    /// Where it asks: `http://HOST:PORT`.
    var base: String

    init(_ nomad: JobServer) {
        self.nomad = nomad
        base = nomad.server.url
    }

    struct Refused: Error { let text: String }

    func answer(
        _ method: ScriptServer.Method, _ path: String, _ body: JSONValue? = nil
    ) async throws -> (bytes: [UInt8], answer: ScriptServer.Answer) {
        let query = "region=global&namespace=default"
        let target = "\(base)/v1\(path)\(path.contains("?") ? "&" : "?")\(query)"
        let answer = try await ScriptServer.send(
            method, to: target, try body.map { Array(try JSONEncoder().encode($0)) },
            headers: [
                "Accept-Encoding": "gzip", "X-Nomad-Token": nomad.server.token, "User-Agent": "Go-http-client/1.1",
            ])
        guard answer.status == 200 else {
            throw Refused(text: "\(method) \(path): \(answer.status) \(answer.text)")
        }
        let isPacked = answer.header("Content-Encoding") == "gzip"
        return (isPacked ? try Unpacking.bytes(answer.body, nomad.scratch) : answer.body, answer)
    }

    func get(_ path: String) async throws -> JSONValue { try JSONParser.parse(try await answer(.GET, path).bytes) }

    func put(_ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        try JSONParser.parse(try await answer(.PUT, path, body).bytes)
    }

    // MARK: What commands share

    /// As commands that leave an evaluation behind: asks until it and those that follow it are complete.
    func monitor(_ evaluation: String) async throws {
        try await eventually("evaluation \(evaluation)") {
            let found = try await get("/evaluation/\(evaluation)")
            _ = try await get("/evaluation/\(evaluation)/allocations")
            return found["Status"] == "complete"
        }
    }

    /// From the first digits of an id to the whole allocation.
    func allocation(_ prefix: String) async throws -> JSONValue {
        let all = try await get("/allocations?prefix=\(prefix)").array ?? []
        guard all.count == 1, let id = all[0]["ID"].string else { throw Refused(text: "\(all.count) for \(prefix)") }
        return try await get("/allocation/\(id)")
    }

    /// A job as the program has read it from a file, with all that the file does not say.
    static func job(_ id: String, _ script: String, type: String = "service") -> JSONValue {
        let nothing = JSONValue.null
        let task: JSONValue = [
            "Name": "t", "Driver": "raw_exec", "User": "", "Lifecycle": nothing, "Constraints": nothing,
            "Config": ["command": "/bin/sh", "args": ["-c", .string(script)]], "Affinities": nothing, "Env": nothing,
            "Services": nothing, "RestartPolicy": nothing, "Meta": nothing, "KillTimeout": nothing, "Vault": nothing,
            "Resources": ["CPU": 20, "MemoryMB": 10, "DiskMB": nothing, "Networks": nothing, "IOPS": nothing],
            "LogConfig": nothing, "Artifacts": nothing, "Templates": nothing, "DispatchPayload": nothing,
            "VolumeMounts": nothing, "CSIPluginConfig": nothing, "Leader": false, "ShutdownDelay": 0,
            "KillSignal": "", "Kind": "",
        ]
        let group: JSONValue = [
            "Name": "g", "Count": 1, "Constraints": nothing, "Affinities": nothing, "Tasks": [task],
            "Spreads": nothing, "Volumes": nothing, "RestartPolicy": nothing, "ReschedulePolicy": nothing,
            "EphemeralDisk": nothing, "Update": nothing, "Migrate": nothing, "Networks": nothing, "Meta": nothing,
            "Services": nothing, "ShutdownDelay": nothing, "StopAfterClientDisconnect": nothing, "Scaling": nothing,
        ]
        return [
            "Stop": nothing, "Region": "global", "Namespace": nothing, "ID": .string(id), "ParentID": nothing,
            "Name": .string(id), "Type": .string(type), "Priority": nothing, "AllAtOnce": nothing,
            "Datacenters": ["dc1"], "Constraints": nothing, "Affinities": nothing, "TaskGroups": [group],
            "Update": nothing, "Spreads": nothing, "Periodic": nothing, "ParameterizedJob": nothing,
            "Dispatched": false, "Payload": nothing, "Reschedule": nothing, "Migrate": nothing, "Meta": nothing,
            "ConsulToken": nothing, "VaultToken": "", "Status": nothing, "StatusDescription": nothing,
            "Stable": nothing, "Version": nothing, "SubmitTime": nothing, "CreateIndex": nothing,
            "ModifyIndex": nothing, "JobModifyIndex": nothing,
        ]
    }

    /// What each order says beside its own.
    static func order(_ own: [String: JSONValue]) -> JSONValue {
        .object(["Region": "global", "Namespace": "default", "SecretID": ""].merging(own) { $1 })
    }
}

/// The system's gzip, as a reader of ours.
enum Unpacking {
    static func bytes(_ packed: [UInt8], _ scratch: Scratch) throws -> [UInt8] {
        let place = scratch.path("\(UUID().uuidString).gz")
        try Data(packed).write(to: URL(filePath: place))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", place]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CommandClient.Refused(text: "no gzip") }
        return Array(bytes)
    }
}
