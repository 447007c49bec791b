import KeeperProtocol

/// Runs the pure parts of a keeper's work once in the zygote: what the Swift runtime looks up at first use is
/// then found by every keeper, instead of being looked up again by each.
enum WarmUp {
    static func run() {
        _ = ControlRecord(.keeper, [("v", "\(ControlRecord.version)"), ("start", "\(UInt64.max)")]).encoded
        let exit = ExitRecord(ending: .exited(code: 0), endedAt: 1, seal: "s")
        _ = ControlRecord.parse(exit.record.encoded)
        _ = LaunchReply(requestID: 1, status: .held).encoded
        var frame = LaunchFrame(
            runDirectory: "/", baseName: "1.0", mark: "m", seal: "s", bootID: "b", argv: ["a"],
            environment: ["PATH=/bin"], grace: 1, logCap: 1)
        frame.secrets = [[1, 2, 3, 4, 5]]
        if let bytes = try? frame.encoded() { _ = try? LaunchFrame(body: bytes[LaunchFrame.headerLength...]) }
        _ = frame.environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst(5)) }
        _ = [Int64?.none, 1].compactMap { $0 }.min()
        var log = LogFile(basePath: "\(frame.runDirectory)/\(frame.baseName)", cap: 1)
        log.flushIndex()
    }
}
