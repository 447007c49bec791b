import Foundation
import MartletCore
import Testing

/// Each task's own log file.
@Suite(.few) struct ScriptTaskLogTests {
    private func lines(_ server: ScriptServer, _ name: String) -> [String] {
        server.site.lines(of: server.site.data + "/logs/" + name)
    }

    @Test func `every task has a log file, and two of one name have one each`() async throws {
        // contract §5 case 70, rulings on log files
        let tasks =
            Fixtures.task("same", executable: "echo one; echo err >&2; true", in: "TendbHA")
            + Fixtures.task("same", executable: "echo two", in: "redis")
            + Fixtures.task("Single-1", executable: "echo three")
            + Fixtures.task("中文 Name", executable: "echo four")
        let server = try await ScriptServer(tasks)
        let runs = [
            try await server.run("tendb-ha/same").run, try await server.run("redis/same").run,
            try await server.run("test/single-1").run,
        ]
        for (run, (file, wanted)) in zip(
            runs,
            [
                ("TendbHA.same.log", ["stdout one", "stderr err"]), ("redis.same.log", ["stdout two"]),
                ("Single-1.log", ["stdout three"]),
            ])
        {
            let found = try await eventually("\(file) has its lines") {
                let found = lines(server, file)
                return found.count >= wanted.count ? found : nil
            }
            #expect(found.count == wanted.count, "\(found)")
            for line in found {
                let words = line.split(separator: " ", maxSplits: 2).map(String.init)
                #expect(words.count == 3 && Times.date(words[0]) != nil, "\(line)")
                #expect(words.dropFirst().first?.contains(run) == true, "\(line)")
            }
            #expect(
                Set(found.map { $0.split(separator: " ").suffix(2).joined(separator: " ") }) == Set(wanted), "\(found)")
        }
        #expect(lines(server, "same.log").isEmpty)
    }

    @Test func `lines of parallel runs stay whole, masked, and survive a restart`() async throws {
        let site = try Site(
            Fixtures.task("many", executable: "for i in $(seq 200); do echo \"$1 $i $TOKEN\"; done; true"))
        try Data("secret-token".utf8).write(to: URL(filePath: site.path("token")))
        let server = try await ScriptServer(
            site, environment: ["MARTLET_SCRIPTS_ENVIRONMENT": "TOKEN<\(site.path("token"))"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 { group.addTask { _ = try await server.start("many", ["run-\(number)"]) } }
            try await group.waitForAll()
        }
        try await eventually("all have started") {
            try await server.recorded("&state=pending").isEmpty ? true : nil
        }
        try await server.killed()
        let next = try await ScriptServer(
            site, environment: ["MARTLET_SCRIPTS_ENVIRONMENT": "TOKEN<\(site.path("token"))"])
        let found = try await eventually("all lines are there") {
            let found = lines(next, "many.log")
            return found.count >= 2000 ? found : nil
        }
        let tails = found.compactMap { line in line.firstRange(of: " stdout ").map { String(line[$0.upperBound...]) } }
        #expect(tails.count == 2000 && found.count == 2000)
        #expect(Set(tails.map { $0.split(separator: " ").dropFirst().first ?? "" }).count <= 201)
        #expect(tails.allSatisfy { $0.hasSuffix(" •••") })
    }
}
