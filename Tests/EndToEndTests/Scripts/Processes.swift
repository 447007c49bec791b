import Foundation

/// Processes as `/proc` shows them.
enum Processes {
    static func all() -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }

    static func environment(_ pid: pid_t) -> [String] {
        let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
        return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Name, state, parent; nil when there is no such process.
    private static func status(_ pid: pid_t) -> (name: String, state: String, parent: pid_t)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")")
        else { return nil }
        let rest = text[text.index(after: close)...].split(separator: " ")
        guard rest.count > 1 else { return nil }
        return (String(text[text.index(after: open)..<close]), String(rest[0]), pid_t(rest[1]) ?? 0)
    }

    static func name(_ pid: pid_t) -> String { status(pid)?.name ?? "" }

    /// Not a zombie, either.
    static func isAlive(_ pid: pid_t) -> Bool { status(pid).map { $0.state != "Z" && $0.state != "X" } ?? false }

    static func descendants(of root: pid_t) -> [pid_t] {
        let parents = all().compactMap { pid in status(pid).map { (pid: pid, parent: $0.parent) } }
        var found: [pid_t] = [root]
        var index = 0
        while index < found.count {
            found += parents.filter { $0.parent == found[index] }.map(\.pid)
            index += 1
        }
        return Array(found.dropFirst())
    }

    static func zombies(below root: pid_t) -> [pid_t] {
        descendants(of: root).filter { status($0)?.state == "Z" }
    }

    static func openFiles(_ pid: pid_t) -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).count
    }

    /// Seconds of work, its own and the kernel's for it: what else the machine does adds nothing.
    static func work(_ pid: pid_t) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 13, let own = Double(fields[12]), let kernel = Double(fields[13]) else { return 0 }
        return (own + kernel) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// A line of `/proc/PID/status` in bytes: `VmRSS`, `VmHWM`.
    static func memory(_ pid: pid_t, _ field: String = "VmRSS") -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix(field + ":") }
        return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) << 10
    }
}
