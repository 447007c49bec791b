import Foundation
import MartletCore
import MartletProcess
import MartletStore

/// Whether every live run of the store has its keeper, and every keeper its live run.
struct KeeperExamination {
    let directory: DataDirectory
    let isServed: Bool

    private struct Mismatch {
        var runs: Set<RunID>
        var keepers: Set<LiveKeeper>
    }

    func findings(_ store: StoreView) async throws -> [Finding] {
        var mismatch = try look(store)
        if !mismatch.runs.isEmpty || !mismatch.keepers.isEmpty {
            // Runs begin and end meanwhile: only what stays so is told.
            try await Task.sleep(for: .seconds(1))
            let again = try look(store)
            mismatch.runs.formIntersection(again.runs)
            mismatch.keepers.formIntersection(again.keepers)
        }
        let live = try store.facts().live
        return [runs(mismatch.runs, of: live)] + mismatch.keepers.sorted { $0.pid < $1.pid }.map(stray)
    }

    private func look(_ store: StoreView) throws -> Mismatch {
        let keepers = Set(KeeperScan.all().filter(isOurs))
        let live = Set(try store.liveRuns().map(\.id))
        let kept = Set(keepers.filter { $0.dataDirectory == directory.realPath }.map(\.task.run))
        return Mismatch(
            runs: live.subtracting(kept),
            keepers: keepers.filter { $0.dataDirectory != directory.realPath || !live.contains($0.task.run) })
    }

    /// Also those of the directory that a restore moved aside.
    private func isOurs(_ keeper: LiveKeeper) -> Bool {
        keeper.dataDirectory == directory.realPath
            || keeper.dataDirectory.hasPrefix(directory.realPath + ".before-restore-")
    }

    private func runs(_ without: Set<RunID>, of live: Int) -> Finding {
        if without.isEmpty {
            let text = live == 0 ? "none is live" : "\(live) live, each with its keeper"
            return .fine("runs", isServed || live == 0 ? text : text + "; the next server adopts them")
        }
        let named = without.sorted().prefix(3).map(\.description).joined(separator: ", ")
        let text = "\(without.count) of \(live) live runs have no keeper: \(named)"
        if isServed {
            return .wrong("runs", text, fix: "restart the server: it settles them; see its log for why it has not yet")
        }
        return .note("runs", text, fix: "martlet serve tells how they ended, or marks them lost")
    }

    private func stray(_ keeper: LiveKeeper) -> Finding {
        .wrong(
            "keeper \(keeper.pid)",
            "keeps run \(keeper.task.run) of \(keeper.dataDirectory), which is not live in the store",
            fix: "end it with its task: kill \(keeper.pid)")
    }
}
