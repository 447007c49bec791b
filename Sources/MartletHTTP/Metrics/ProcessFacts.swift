import Foundation

/// What the kernel tells about this process. What it does not tell is left out.
package struct ProcessFacts {
    /// Since 1970.
    package let startedAt: Double?
    let cpuSeconds: Double?
    package let residentBytes: Double?
    package let virtualBytes: Double?
    package let threads: Double?
    let openFiles: Double?
    let mostOpenFiles: Double?

    package init() {
        let fields = Self.fields
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        // Numbered as in proc_pid_stat(5), less the two before the end of the name.
        let cpu = [11, 12].map { fields[$0] }
        cpuSeconds = cpu.contains { $0 == nil } ? nil : cpu.compactMap(\.self).reduce(0, +) / ticks
        threads = fields[17]
        startedAt = fields[19].flatMap { start in Self.bootedAt.map { $0 + start / ticks } }
        virtualBytes = fields[20]
        residentBytes = fields[21].map { $0 * page }
        openFiles = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count) }
        var limit = rlimit()
        mostOpenFiles =
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : nil
    }

    private static var fields: [Int: Double] {
        let text = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
        let rest = text.split(separator: ")").last ?? ""
        return rest.split(separator: " ").enumerated().reduce(into: [:]) { $0[$1.offset] = Double($1.element) }
    }

    private static let bootedAt: Double? = {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }()
}
