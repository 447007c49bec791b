import Foundation
import MartletCore
import MartletTesting
import Testing

/// jobs-replication contract F, case 14.
@Suite struct JobKillTests {
    @Test func `a killed server loses no queued job, and runs none twice`() async throws {
        let count = KillTests.soak ? 1000 : 200
        let scratch = try Scratch()
        let place = scratch.path("ran")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var nomad = try await JobServer(scratch)
        try await withThrowingTaskGroup(of: Void.self) { [nomad] group in
            for number in 0..<count {
                if number >= 32 { try await group.next() }
                group.addTask { try await nomad.register(JobServer.job("b\(number)", "echo x >>\(place)/\(number)")) }
            }
            try await group.waitForAll()
        }
        var index = 0
        for _ in 0..<3 {
            let done = try FileManager.default.contentsOfDirectory(atPath: place).count
            try await eventually("more jobs ran") {
                let now = try FileManager.default.contentsOfDirectory(atPath: place).count
                return now >= min(count, done + 20) ? true : nil
            }
            index = max(index, try await Self.index(nomad))
            try await nomad.killed()
            nomad = try await JobServer(scratch)
            #expect(try await Self.index(nomad) >= index)
        }
        let all = try await nomad.get("/jobs", within: 300) { [count] jobs in
            jobs.array?.count == count && jobs.array?.allSatisfy { $0["Status"] == "dead" } == true
        }
        #expect(all.array?.allSatisfy { $0["JobSummary"]["Summary"]["g"]["Complete"] == 1 } == true)
        for number in 0..<count {
            let text = try? String(contentsOfFile: "\(place)/\(number)", encoding: .utf8)
            #expect(text == "x\n", "job \(number): \(text ?? "never ran")")
        }
        #expect(try await nomad.get("/allocations").array?.count == count)
    }

    private static func index(_ nomad: JobServer) async throws -> Int {
        try await nomad.send(.GET, "/allocations").index
    }
}
