import KeeperProtocol
import Testing

@Suite struct FormatTests {
    private var frame: LaunchFrame {
        var frame = LaunchFrame(
            runDirectory: "/data/runs/ab/x", baseName: "1.0", mark: "m", seal: "s", bootID: "b", argv: ["a", "", "ü"],
            environment: ["A=1"], grace: 5, logCap: 7)
        frame.requestID = .max
        frame.cwd = "/"
        frame.user = .init(uid: 65534, gid: 65534, groups: [1, 2])
        frame.nice = -5
        frame.memory = 1 << 40
        frame.deadline = 9
        frame.secrets = [[0, 255], []]
        frame.warnings = ["w"]
        return frame
    }

    private func decode(_ bytes: [UInt8]) throws -> LaunchFrame {
        let length = try LaunchFrame.bodyLength(header: bytes[..<LaunchFrame.headerLength])
        return try LaunchFrame(body: bytes[LaunchFrame.headerLength..<(LaunchFrame.headerLength + length)])
    }

    @Test func `a launch frame survives the pipe`() throws {
        #expect(try decode(frame.encoded()) == frame)
        var plain = LaunchFrame(
            runDirectory: "", baseName: "", mark: "", seal: "", bootID: "", argv: ["x"], environment: [], grace: 0,
            logCap: 0)
        plain.progressByDescriptor = true
        #expect(try decode(plain.encoded()) == plain)
    }

    @Test func `a damaged frame is refused and never crashes`() throws {
        let bytes = try frame.encoded()
        let body = bytes.dropFirst(LaunchFrame.headerLength)
        for length in 0..<body.count {
            #expect(throws: LaunchFrame.Malformed.self) { try LaunchFrame(body: body.prefix(length)) }
        }
        var random = Seeded(state: 3)
        for _ in 0..<2000 {
            var damaged = Array(body)
            damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? LaunchFrame(body: damaged[...])
        }
        #expect(throws: LaunchFrame.Malformed.self) { try LaunchFrame.bodyLength(header: Array("GET / HT".utf8)[...]) }
    }

    @Test func `a reply survives the pipe in one atomic write`() {
        let reply = LaunchReply(requestID: 7, status: .noKeeper, keeperPID: 1, keeperStart: 2, error: 28)
        #expect(LaunchReply(reply.encoded[...]) == reply)
        #expect(reply.encoded.count == LaunchReply.length && LaunchReply.length <= 512)
    }

    @Test func `control lines are believed whole or not at all`() {
        let record = ControlRecord(.keeper, [("pid", "7"), ("mark", "a b=c%\n•")])
        let line = record.encoded
        #expect(ControlRecord.parse(line + line) == [record, record])
        #expect(line.filter { $0 == 10 }.count == 1)
        for length in 0..<(line.count - 1) { #expect(ControlRecord.parse(Array(line.prefix(length))).isEmpty) }
        for index in 0..<(line.count - 1) {
            var damaged = line
            damaged[index] ^= 1
            #expect(ControlRecord.parse(damaged) != [record])
        }
    }

    @Test func `every kind of end survives the control file`() {
        let endings: [ExitRecord.Ending] = [
            .exited(code: 255), .signalled(9), .spawnFailed(stage: "exec", errno: 2), .unkillable(pids: [3, 4]),
        ]
        for ending in endings {
            var exit = ExitRecord(ending: ending, endedAt: 1, seal: "s")
            exit.timedOut = true
            exit.startedAt = 2
            exit.logBytes = 3
            exit.droppedBytes = 4
            exit.strays = 5
            exit.warnings = ["one thing", "zwei = 2"]
            let parsed = ControlRecord.parse(exit.record.encoded).first
            #expect(parsed.flatMap(ExitRecord.init) == exit)
        }
    }

    @Test func `the longest exit record fits its block`() {
        var exit = ExitRecord(
            ending: .unkillable(pids: Array(repeating: .max, count: 10_000)), endedAt: .max,
            seal: String(repeating: "f", count: 64))
        exit.warnings = Array(repeating: String(repeating: " ", count: 100), count: 100)
        #expect(exit.record.encoded.count + 512 < ControlRecord.longestFile)
    }

    @Test func `an index entry is 32 bytes and zeros are none`() {
        let record = LogIndexRecord(time: 1, offset: 1 << 40, length: .max, stream: .stderr, kind: .data, lines: 3)
        var bytes: [UInt8] = []
        record.append(to: &bytes)
        #expect(bytes.count == LogIndexRecord.size)
        #expect(bytes.withUnsafeBytes { LogIndexRecord($0) } == record)
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { LogIndexRecord($0) } == nil)
    }
}
