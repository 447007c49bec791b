import Foundation
import Testing

/// The console's pages of clusters in a real browser (Tests/Console).
@Suite(.serialized) struct ClusterPageTests {
    private static let folder = PlaybookSite.root.appending(path: "Tests/Console")

    // cluster contract §2
    @Test func `the page of clusters does what its document says`() async throws {
        let scratch = try Scratch()
        let home = scratch.path("stand-in")
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let ansible = Self.folder.appending(path: "ansible-playbook").path
        let server = try await Server(
            scratch, environment: ["MARTLET_CLUSTERS_ANSIBLE": ansible, "STAND_IN": home])
        let check = try await Conformance(server: server, folder: "Tests/Console").run(
            "clusters.py", environment: ["STAND_IN": home], within: 1200)
        #expect(check.status == 0, "\(check.output)")
        print(check.output)
    }

    /// Needs root.
    @Test func `the page of clusters deploys to real hosts`() async throws {
        let site = try await HostSite(2)
        let host = try await site.server()
        let check = try await Conformance(server: host.server, folder: "Tests/Console").run(
            "cluster_hosts.py",
            environment: [
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOSTS": site.ips.joined(separator: ","),
                "HOST_PASSWORD": site.password,
            ], within: 1800)
        #expect(check.status == 0, "\(check.output)")
        print(check.output)
    }
}
