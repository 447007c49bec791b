import MartletCore
import MartletEngine
import Synchronization

/// Where playbooks stand, remembered for the few that somebody looks at, so that a look reads only what is new.
final class PlaybookProgressBook: Sendable {
    private static let mostKept = 8

    private struct Page {
        var progress = PlaybookProgress()
        var offset: Int64 = 0
        var badLines = 0
        var usedAt = 0
    }

    private struct State {
        var pages: [TaskAddress: Page] = [:]
        var uses = 0
    }

    private let state = Mutex(State())

    func progress(of task: TaskAddress, _ files: any LogFiles) async throws -> PlaybookProgress {
        var page = state.withLock { $0.pages.removeValue(forKey: task) } ?? Page()
        var reader = EventReader(task, files, after: page.offset)
        while let entries = try reader.next() {
            for entry in entries { page.progress.take(entry.event) }
            await Task.yield()
        }
        page.offset = reader.offset
        page.badLines += reader.badLines
        page.progress.badLines = page.badLines
        keep(page, task)
        return page.progress
    }

    private func keep(_ page: Page, _ task: TaskAddress) {
        state.withLock { state in
            state.uses += 1
            // Another look may have come further meanwhile.
            if let other = state.pages[task], other.offset > page.offset { return }
            state.pages[task] = page
            state.pages[task]?.usedAt = state.uses
            if state.pages.count > Self.mostKept,
                let oldest = state.pages.min(by: { $0.value.usedAt < $1.value.usedAt })
            {
                state.pages[oldest.key] = nil
            }
        }
    }
}
