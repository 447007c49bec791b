import Foundation
import MartletCore
import Testing

@testable import Backups

@Suite struct WorkDriverTests {
    private let driver = VolumeWorkDriver(martlet: "/bin/martlet")
    private static let volume = BackupDriverTests.volume

    private func run(_ work: VolumeWork, _ lines: [String], code: Int32) throws -> Run {
        let job = VolumeJobs(settings: BackupSettings()).work(work, of: Self.volume)
        var run = Run(
            id: RunID(high: 1, low: 1), job: job, params: [:], key: nil, labels: [:], trigger: Trigger(source: "api"),
            createdAt: Date(milliseconds: 0))
        let end = Date(milliseconds: 5000)
        _ = try run.apply(.claim, at: end)
        for line in lines { driver.read(Array(line.utf8), of: job.tasks[0], into: &run.report) }
        let exit = TaskExit(ending: .exited(code: code), endedAt: end)
        _ = try run.apply(.taskFinished(exit, driver.verdict(exit, of: job.tasks[0], run.report)), at: end)
        return run
    }

    private static let remove = VolumeWork(
        operation: .remove, app: "shop",
        remove: RemoveWork(items: [.init(number: 3, snapshot: "aaaaaaaa"), .init(number: 4, snapshot: "bbbbbbbb")]))
    private static let drill = VolumeWork(
        operation: .drill, app: "shop",
        drill: DrillWork(snapshot: "aaaaaaaa", version: 3, volume: volume, path: nil, scratch: "/s"))

    @Test func `versions that are gone leave the catalogue, also when the run failed later`() throws {
        let line = #"{"type":"result","name":"removed","value":[3,4]}"#
        #expect(try driver.yields(of: run(Self.remove, [line], code: 0)) == [.removed([3, 4])])
        let failed = try run(Self.remove, [line, #"{"type":"error","code":"engine","message":"disk full"}"#], code: 1)
        #expect(failed.reason == .exitedSaying(task: "remove", code: 1, note: "disk full"))
        #expect(driver.yields(of: failed) == [.removed([3, 4])])
        // Never one that was not asked for.
        let forged = #"{"type":"result","name":"removed","value":[3,99]}"#
        #expect(try driver.yields(of: run(Self.remove, [forged], code: 0)) == [.removed([3])])
        #expect(try driver.yields(of: run(Self.remove, ["restic: " + line], code: 0)).isEmpty)
    }

    // backup contract §7.6 G7
    @Test func `a drill is a proof either way, and none when it was stopped`() throws {
        let lines = [
            #"{"type":"result","name":"files","value":3}"#, #"{"type":"result","name":"note","value":"all came back"}"#,
        ]
        guard case .drill(Self.volume, let proof) = try driver.yields(of: run(Self.drill, lines, code: 0)).first else {
            Issue.record("no proof")
            return
        }
        #expect(proof.isGood && proof.files == 3 && proof.note == "all came back" && proof.version == 3)
        let bad = try run(Self.drill, [#"{"type":"error","code":"engine","message":"flipped"}"#], code: 1)
        guard case .drill(_, let refuted) = driver.yields(of: bad).first else {
            Issue.record("no proof")
            return
        }
        #expect(!refuted.isGood && refuted.note == "flipped")
        var stopped = try run(Self.drill, [], code: 0)
        stopped = Run(
            id: stopped.id, job: stopped.job, params: [:], key: nil, labels: [:], trigger: stopped.trigger,
            createdAt: stopped.createdAt)
        _ = try stopped.apply(.stop(.user), at: Date(milliseconds: 1))
        #expect(driver.yields(of: stopped).isEmpty)
    }

    @Test func `progress, warnings and results are shown`() throws {
        let run = try run(
            Self.drill,
            [
                #"{"type":"progress","done":0.5,"message":"half"}"#, #"{"type":"warning","message":"look"}"#, "{", "x",
                #"{"type":"surprise"}"#,
            ], code: 0)
        #expect(run.report.progress == 0.5 && run.report.message == "half" && run.outcome == .warning)
    }

    @Test func `a spec that is incomplete or too long is refused`() throws {
        var restore = VolumeWork(operation: .restore, app: "shop")
        func plan(_ work: VolumeWork) throws -> [String] {
            let task = TaskSpec(name: "t", driver: VolumeWorkDriver.name, spec: SpecCoding.value(work))
            return try driver.plan(
                TaskContext(
                    address: TaskAddress(run: RunID(high: 1, low: 1), attempt: 1, task: 0), task: task, jobName: nil,
                    params: [:]))
        }
        #expect(throws: MartletError.self) { try plan(restore) }
        restore.restore = RestoreWork(
            snapshot: "aaaaaaaa", target: Self.volume, path: "/v",
            paths: Array(repeating: String(repeating: "x", count: 4000), count: 40), node: "n")
        #expect(throws: MartletError.self) { try plan(restore) }
        restore.restore?.paths = ["/a"]
        #expect(try plan(restore).prefix(3) == ["/bin/martlet", "volume-worker", "restore"])
    }
}

@Suite struct ListingFileTests {
    // backup contract §7.2 B13
    @Test func `pages follow each other without a gap`() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "listing-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        let lines = ["\"/a\""] + (0..<2500).map { "{\"name\":\"f\($0)\"}" }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
        let file = ListingFile(path: "/a", file: url.path)
        var names: [String] = []
        var offset: Int64?
        repeat {
            let page = try #require(try file.page(from: offset, limit: 1000))
            names += page.items.compactMap { $0.object?["name"]?.string }
            offset = page.next
        } while offset != nil
        #expect(names == (0..<2500).map { "f\($0)" })
        #expect(try ListingFile(path: "/b", file: url.path).page(from: nil, limit: 10) == nil)
        for wrong in [1, 7, 1 << 40] as [Int64] {
            #expect(throws: MartletError.self) { try file.page(from: wrong, limit: 10) }
        }
    }
}
