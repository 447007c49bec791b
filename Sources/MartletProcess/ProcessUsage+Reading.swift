import CMartlet
import Foundation
import MartletCore

extension ProcessUsage {
    /// As `/proc` tells it at this moment; nil: there is no such process any more.
    init?(of pid: pid_t) {
        guard let status = Self.text("/proc/\(pid)/status"), let stat = Self.text("/proc/\(pid)/stat"),
            // The command's name may hold anything, so fields are counted after its last parenthesis.
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[end...].split(separator: " ").dropFirst()
        // proc(5): 14 is utime and 15 is stime; the first one here is the third.
        let ticks = fields.dropFirst(11).prefix(2).map { Int64($0) ?? 0 }
        guard ticks.count == 2 else { return nil }
        self.init(
            pid: pid, memory: Self.bytes("VmRSS:", in: status), swap: Self.bytes("VmSwap:", in: status),
            system: Self.span(ticks[1]), user: Self.span(ticks[0]))
    }

    private static func text(_ path: String) -> String? {
        guard let file = Descriptor(opening: path, O_RDONLY) else { return nil }
        let bytes = file.read(from: 0, count: 1 << 14)
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// 0 for a process without memory of its own.
    private static func bytes(_ key: String, in status: String) -> Int64 {
        let line = status.split(separator: "\n").first { $0.hasPrefix(key) }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int64($0) } ?? 0) * 1024
    }

    private static func span(_ ticks: Int64) -> TimeSpan {
        TimeSpan(milliseconds: ticks * 1000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
    }
}
