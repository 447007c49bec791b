import Foundation
import GoWire
import HTTPTypes
import MartletCore
import MartletEngine

/// `client/fs`: what tasks have written.
extension NomadCall {
    /// The path that the query names, in the allocation's directory.
    private func files(of allocation: String) async throws -> (
        AllocationFiles, path: String, entry: AllocationFiles.Entry
    ) {
        guard let path = query["path"] else { throw NomadRefusal(.badRequest, "must provide a file name") }
        return try await files(of: allocation, path)
    }

    private func files(
        of allocation: String, _ path: String
    ) async throws -> (AllocationFiles, path: String, entry: AllocationFiles.Entry) {
        let record = try await clientRuns(of: allocation).record
        let files = AllocationFiles(record: record, folder: AllocationFolder(path: places.folder(of: record.id)))
        guard !path.split(separator: "/").contains("..") else {
            throw NomadRefusal(.internalServerError, "Path escapes the alloc directory")
        }
        if files.isSecret(path) {
            throw NomadRefusal(.internalServerError, "Reading secret file prohibited: \(path.prefix(256))")
        }
        guard let entry = files.entry(path) else {
            throw NomadRefusal(.notFound, "stat \(path.prefix(256)): no such file or directory")
        }
        return (files, path, entry)
    }

    func list(_ allocation: String) async throws -> NomadReply {
        let (files, path, entry) = try await files(of: allocation, query["path"] ?? "/")
        guard entry.isDirectory else {
            return .client([try info(files, path.split(separator: "/").last.map(String.init) ?? "", entry)])
        }
        return .client(.array(try files.entries(in: path).map { try info(files, $0.name, $0.entry) }))
    }

    func stat(_ allocation: String) async throws -> NomadReply {
        let (files, path, entry) = try await files(of: allocation)
        var all = try info(files, path.split(separator: "/").last.map(String.init) ?? "/", entry).object ?? [:]
        if !entry.isDirectory { all["ContentType"] = "application/octet-stream" }
        return .client(.object(all))
    }

    private func info(
        _ files: AllocationFiles, _ name: String, _ entry: AllocationFiles.Entry
    ) throws -> JSONValue {
        if case .item(let item) = entry {
            return [
                "FileMode": .string(item.mode), "IsDir": .bool(item.isDirectory),
                "ModTime": .string(GoText.time(item.modifiedAt)), "Name": .string(name), "Size": .int(item.size),
            ]
        }
        var (size, isDirectory) = (Int64(4096), true)
        if case .output(let task, let stream) = entry {
            isDirectory = false
            size =
                try files.record.tasks[task].run.map {
                    try control.log(of: $0, Control.LogSelection(stream: stream)).length
                } ?? 0
        }
        return [
            "FileMode": isDirectory ? "drwxrwxrwx" : "-rw-r--r--", "IsDir": .bool(isDirectory),
            "ModTime": .string(GoText.time(files.record.modifyTime)), "Name": .string(name), "Size": .int(size),
        ]
    }

    /// The bytes of a file, from `offset` on and at most `limit` where they are given.
    func read(_ allocation: String, isPart: Bool) async throws -> NomadReply {
        let (files, path, entry) = try await files(of: allocation)
        if entry.isDirectory { throw NomadRefusal(.badRequest, "file \(path.prefix(256)) is a directory") }
        var (start, limit) = (Int64(0), Int64?.none)
        if isPart {
            guard query["offset"] != nil else { throw NomadRefusal(.badRequest, "error parsing offset: it is missing") }
            start = try number("offset")
            if query["limit"] != nil { limit = try number("limit") }
        }
        let output: any StreamedOutput =
            if case .output(let task, let stream) = entry {
                TaskOutput(
                    of: files.record.tasks[task].run, stream, file: nil, from: .offset(start), upTo: limit,
                    follows: false, control)
            } else {
                FileOutput(files.folder, AllocationFiles.parts(path), from: start, upTo: limit)
            }
        return NomadReply(content: .stream("text/plain; charset=utf-8", output), kind: .client)
    }

    /// The bytes of a file in frames, and what is added to it as long as its task goes on.
    func stream(_ allocation: String) async throws -> NomadReply {
        let (files, path, entry) = try await files(of: allocation)
        if entry.isDirectory { throw NomadRefusal(.badRequest, "file \(path.prefix(256)) is a directory") }
        let (offset, isFromEnd) = (try number("offset"), query["origin"] == "end")
        let output: any StreamedOutput
        switch entry {
        case .output(let task, let stream):
            output = TaskOutput(
                of: files.record.tasks[task].run, stream, file: path,
                from: isFromEnd ? .beforeEnd(offset) : .offset(offset), follows: true, control)
        case .item(let item):
            output = FileOutput(
                files.folder, AllocationFiles.parts(path), from: isFromEnd ? max(0, item.size - offset) : offset,
                name: path, follows: true)
        case .directory: return NomadReply(content: .nothing, kind: .client)
        }
        return NomadReply(content: .stream("application/json", output), kind: .client)
    }

    // MARK: The node's state

    /// What this machine uses.
    @Sendable func usage() async throws -> NomadReply {
        let facts = NodeUsage()
        let disk: JSONValue = [
            "Available": .int(facts.diskFree), "Device": "", "InodesUsedPercent": 0, "Mountpoint": "",
            "Size": .int(facts.diskSize), "Used": .int(facts.diskSize - facts.diskFree),
            "UsedPercent": .double(Double(facts.diskSize - facts.diskFree) * 100 / Double(max(1, facts.diskSize))),
        ]
        return .client([
            "AllocDirStats": disk, "CPU": [], "CPUTicksConsumed": 0, "DeviceStats": .null, "DiskStats": [disk],
            "Memory": [
                "Available": .int(facts.memoryFree), "Free": .int(facts.memoryFree), "Total": .int(facts.memory),
                "Used": .int(facts.memory - facts.memoryFree),
            ],
            "Timestamp": .int(Date().nanoseconds), "Uptime": .int(facts.uptime),
        ])
    }

    /// Directories of ended tasks are the engine's, which has its own retention.
    @Sendable func collectOnNode() async throws -> NomadReply { NomadReply(content: .nothing, kind: .client) }

    /// Of what goes on there is nothing to collect, which is told as if it were unknown.
    func collect(allocation id: String) async throws -> NomadReply {
        guard try await clientRuns(of: id).facts.isOver else { throw Self.unknown(allocation: id) }
        return NomadReply(content: .nothing, kind: .client)
    }

    /// Runs in each state, as Nomad's own figures are laid out. ``/metrics`` has all of them.
    @Sendable func figures() async throws -> NomadReply {
        var counts: [String: Int] = [:]
        for state in try await store.nomadJobs(prefix: "").items where covers(state.job.id) {
            counts[state.status.rawValue, default: 0] += 1
        }
        let gauges: [JSONValue] = ["pending", "running", "dead"].map { word in
            [
                "Labels": ["host": .string(node.facts.name)], "Name": .string("nomad.nomad.job_status.\(word)"),
                "Value": .int(Int64(counts[word] ?? 0)),
            ]
        }
        return .plain([
            "Counters": [], "Gauges": .array(gauges), "Points": [], "Samples": [],
            "Timestamp": .string(Timestamp.text(Date())),
        ])
    }
}

/// Memory and disk of this machine at this moment; 0 where it does not tell.
private struct NodeUsage {
    let memory = Int64(ProcessInfo.processInfo.physicalMemory)
    let memoryFree: Int64
    let diskSize: Int64
    let diskFree: Int64
    let uptime = Int64(ProcessInfo.processInfo.systemUptime)

    init() {
        let lines = ((try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? "").split(separator: "\n")
        let free = lines.first { $0.hasPrefix("MemAvailable:") }?.split(separator: " ").dropFirst().first
        memoryFree = (free.flatMap { Int64($0) } ?? 0) * 1024
        let system = (try? FileManager.default.attributesOfFileSystem(forPath: "/")) ?? [:]
        diskSize = (system[.systemSize] as? NSNumber)?.int64Value ?? 0
        diskFree = (system[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
    }
}
