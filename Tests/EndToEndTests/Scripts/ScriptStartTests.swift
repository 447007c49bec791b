import Foundation
import MartletCore
import Testing

/// What keeps a server from starting, beside the text of its task file.
@Suite(.few) struct ScriptStartTests {
    @Test func `a link that leads out of the collect directory is refused, one within is not`() async throws {
        // contract §5 case 67
        let site = try Site(Fixtures.task("out", "binary", executable: "out", collected: true))
        symlink("/bin/echo", site.collect + "/out")
        let ending = try await site.serve()
        #expect(ending.code != 0)
        #expect(ending.err.contains("test/out"), "\(ending.err)")
        try FileManager.default.createDirectory(atPath: site.path("elsewhere"), withIntermediateDirectories: true)
        symlink("/bin/echo", site.path("elsewhere/echo"))
        symlink(site.path("elsewhere"), site.collect + "/dir")
        try site.write(Fixtures.task("out", "binary", executable: "dir/echo", collected: true))
        #expect(try await site.serve().code != 0)
        symlink("args", site.collect + "/in")
        try site.write(Fixtures.task("in", "binary", executable: "in", collected: true))
        #expect(try await ScriptServer(site).run("in", ["a"]).data.parsed == ["a"])
    }

    @Test func `a link that is put there while the server runs is not started`() async throws {
        // contract §5 case 67
        let site = try Site(Fixtures.task("later", "binary", executable: "later", collected: true))
        let server = try await ScriptServer(site)
        symlink("/bin/echo", site.collect + "/later")
        let answer = try await server.run("later", ["escaped"])
        #expect(answer.code == 1, "\(answer.text)")
        #expect(answer.data != "escaped")
    }

    @Test func `a port that is taken is a message and an exit code`() async throws {
        // contract §5 case 71
        let server = try await ScriptServer("[]")
        let address = String(server.server.url.dropFirst("http://".count))
        let site = try Site("[]")
        let ending = try await site.end(["serve", "--data-dir", site.data, "--listen", address])
        #expect(ending.code != 0)
        #expect(ending.err.lowercased().contains("in use"), "\(ending.err)")
        #expect(!ending.err.contains("Fatal error"))
    }
}
