import Foundation

/// The files that a server with script tasks is started on: task file, collected scripts, programs. Whatever a test
/// leaves running is ended with it.
final class Site: Sendable {
    let scratch: Scratch
    /// In the environment of every task, so that what is left of them can be found.
    private let mark = "SITE=\(UUID().uuidString)"

    var tasks: String { path("tasks.yaml") }
    var collect: String { path("collect") }
    var data: String { path("data") }

    init(_ text: String = Fixtures.tasks) throws {
        scratch = try Scratch()
        for directory in ["collect", "bin"] {
            try FileManager.default.createDirectory(atPath: path(directory), withIntermediateDirectories: true)
        }
        for (name, text) in Fixtures.scripts { try script(name, text) }
        // The original's word is `python`; a system has it by another name, or not at all.
        try FileManager.default.createSymbolicLink(atPath: path("bin/python"), withDestinationPath: "/usr/bin/python3")
        try write(text)
    }

    deinit {
        while true {
            let left = processes()
            if left.isEmpty { return }
            for pid in left { kill(pid, SIGKILL) }
            usleep(2_000)
        }
    }

    func path(_ name: String) -> String { scratch.path(name) }

    /// Renamed over the one before.
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: tasks), options: .atomic) }

    /// The same file with another content.
    func edit(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: tasks)) }

    func script(_ name: String, _ text: String, mode: mode_t = 0o755) throws {
        try Scratch.program(at: collect + "/" + name, text, mode: mode)
    }

    var environment: [String: String] {
        [
            "MARTLET_SCRIPTS_TASKS": tasks, "MARTLET_SCRIPTS_COLLECT_DIR": collect, "MARTLET_LIMITS_GRACE": "1s",
            "SITE": String(mark.dropFirst("SITE=".count)),
            "PATH": path("bin") + ":" + (Server.environment["PATH"] ?? ""),
        ]
    }

    /// What tasks started and what lives, other than servers.
    func processes() -> [pid_t] {
        Processes.all().filter { pid in
            guard Processes.environment(pid).contains(mark) else { return false }
            return !["martlet", "martlet-keeper", "celery-service"].contains(Processes.name(pid))
        }
    }

    func lines(of file: String) -> [String] {
        ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func pids(in file: String) -> [pid_t] { lines(of: file).compactMap { pid_t($0) } }
}
