import Foundation

/// A network of its own with one address, joined to this machine by a link that can be cut. Needs root and `ip`.
final class Namespace: Sendable {
    private static let prefix = "martlet-"
    private static let ip = "/usr/sbin/ip"

    let name: String
    /// Of the side that processes within it have.
    let address: String
    private let link: String

    init() async throws {
        try await Self.sweep()
        for _ in 0..<50 {
            let number = Int.random(in: 1...60_000)
            let (name, link) = ("\(Self.prefix)\(getpid())-\(number)", "mlt\(number)")
            let subnet = "10.251.\(number >> 8)"
            let host = number & 0xFC
            guard try await Self.run("link", "add", link, "type", "veth", "peer", "name", link + "p") == 0 else {
                continue
            }
            self.name = name
            self.link = link
            address = "\(subnet).\(host + 2)"
            for command in [
                ["netns", "add", name], ["link", "set", link + "p", "netns", name],
                ["addr", "add", "\(subnet).\(host + 1)/30", "dev", link], ["link", "set", link, "up"],
                ["-n", name, "addr", "add", "\(address)/30", "dev", link + "p"],
                ["-n", name, "link", "set", link + "p", "up"], ["-n", name, "link", "set", "lo", "up"],
            ] {
                let code = try await Self.run(command)
                guard code == 0 else { throw TimedOut(what: "ip \(command.joined(separator: " ")): \(code)") }
            }
            return
        }
        throw TimedOut(what: "a link of its own: this test needs root and the package iproute2")
    }

    deinit {
        // The pair goes with either end.
        for command in [["link", "del", link], ["netns", "del", name]] { Self.end(command) }
    }

    /// In front of a program and its arguments.
    var enter: [String] { [Self.ip, "netns", "exec", name] }

    /// Packets go nowhere and nobody is told, as when a cable is pulled.
    func cut() async throws { _ = try await Self.run("-n", name, "link", "set", link + "p", "down") }
    func join() async throws { _ = try await Self.run("-n", name, "link", "set", link + "p", "up") }

    /// Those of test runs that were killed.
    private static func sweep() async throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
        for name in names where name.hasPrefix(prefix) {
            let parts = name.dropFirst(prefix.count).split(separator: "-")
            guard let pid = parts.first.flatMap({ pid_t($0) }), kill(pid, 0) != 0 else { continue }
            _ = try await run("netns", "del", name)
        }
    }

    private static func run(_ arguments: String...) async throws -> Int32 { try await run(arguments) }

    private static func run(_ arguments: [String]) async throws -> Int32 {
        let scratch = try Scratch()
        let child = try Child([ip] + arguments, environment: Server.environment, directory: scratch.url, name: "ip")
        return try await child.ended()
    }

    private static func end(_ arguments: [String]) {
        let process = Process()
        process.executableURL = URL(filePath: ip)
        process.arguments = arguments
        do {
            try process.run()
            process.waitUntilExit()
        } catch {
            FileHandle.standardError.write(Data("namespace left behind: \(error)\n".utf8))
        }
    }
}
