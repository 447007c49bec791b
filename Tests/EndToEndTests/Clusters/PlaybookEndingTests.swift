import Foundation
import MartletCore
import Testing

/// Runs of playbooks that are cut short, and servers that are.
@Suite struct PlaybookEndingTests {
    /// Waits for a file `go`, ten minutes at most.
    private static let waiting = PlaybookSite.play(
        """
        - name: begin
          ansible.builtin.copy: {content: "{{ db_password }}", dest: "DIR/out/{{ host_ip }}"}
          no_log: true
        - name: wait
          ansible.builtin.shell: for i in $(seq 6000); do [ -e DIR/go ] && exit 0; sleep 0.1; done; exit 9
        """)

    private func isWaiting(_ server: PlaybookServer, _ id: String) async throws {
        try await eventually("the playbook waits") {
            try await server.structure(id)["current"].string?.hasSuffix("› wait") == true
        }
    }

    private func isGone(_ site: PlaybookSite) async throws {
        try await eventually("nothing is left") { site.leftovers().isEmpty && site.processes("ansible").isEmpty }
    }

    @Test func `a stop ends Ansible and its tasks, and removes the passwords`() async throws {
        let site = try PlaybookSite(Self.waiting)
        let server = try await site.server()
        let id = try await server.start()
        try await isWaiting(server, id)
        // Ansible has read them: they are gone before the end.
        try await eventually("the variables are gone") {
            let names = site.leftovers()
            return !names.isEmpty
                && !names.contains { site.read("data/clusters/runs/\($0)/variables.json") != nil }
        }
        // No password in anybody's arguments.
        for pid in site.processes("ansible") {
            let arguments = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            #expect(!String(decoding: arguments, as: UTF8.self).contains("7*7"))
        }
        _ = try await server.server.call(.POST, "/api/runs/\(id)/stop")
        let run = try await server.server.ended(id)
        #expect(run["state"] == "cancelled", "\(run)")
        try await isGone(site)
        #expect(site.processes("seq 6000").isEmpty)
        #expect(try site.leaks() == [])
    }

    @Test func `a deadline ends it as a timeout`() async throws {
        let site = try PlaybookSite(Self.waiting)
        let server = try await site.server()
        let run = try await server.run(PlaybookServer.spec(), ["timeout": "6s"])
        #expect(run["state"] == "failed" && run["outcome"] == "timeout", "\(run)")
        try await isGone(site)
    }

    // cluster-deploy contract §6 case 35
    @Test func `a server that is killed in mid-run finds the run again, and its true end`() async throws {
        let site = try PlaybookSite(Self.waiting)
        var server = try await site.server()
        let id = try await server.start()
        try await isWaiting(server, id)
        try await server.killed()
        server = try await site.server()
        #expect(try await server.server.run(id)["state"] == "running")
        #expect(try await server.structure(id)["current"].string?.hasSuffix("› wait") == true)
        try site.write("", to: "go")
        let run = try await server.server.ended(id)
        #expect(run["state"] == "succeeded" && run["results"]["tasks"] == "2/2", "\(run)")
        try await isGone(site)
    }

    @Test func `a worker that is killed leaves no password for long`() async throws {
        let site = try PlaybookSite(Self.waiting)
        let server = try await site.server()
        let id = try await server.start()
        try await eventually("the worker has its files") { !site.leftovers().isEmpty }
        try await eventually("the worker runs") {
            let workers = site.processes("playbook-worker")
            for pid in workers { kill(pid, SIGKILL) }
            return !workers.isEmpty
        }
        let run = try await server.server.ended(id)
        #expect(run["state"] == "failed" && run["outcome"] == "signal", "\(run)")
        try await isGone(site)
        #expect(try site.leaks() == [])
    }

    @Test func `what was left while there was no server goes at its start`() async throws {
        let site = try PlaybookSite(Self.waiting)
        var server = try await site.server()
        let id = try await server.start()
        try await isWaiting(server, id)
        try await server.killed()
        for word in ["martlet-keeper", "playbook-worker", "ansible-playbook"] {
            for pid in site.processes(word) { kill(pid, SIGKILL) }
        }
        #expect(!site.leftovers().isEmpty)
        server = try await site.server()
        let run = try await server.server.ended(id)
        #expect(["lost", "failed"].contains(run["state"].string), "\(run)")
        try await isGone(site)
    }
}
