package import Foundation

/// A page of runs to ask for; every filter narrows. Newest first.
package struct RunQuery: Sendable, Hashable {
    package var states: [RunState] = []
    package var group: String?
    package var batch: String?
    package var driver: String?
    package var job: String?
    package var key: String?
    package var labels: [String: String] = [:]
    /// A path, volume or host that the run works on.
    package var target: String?
    /// Stands in the run's names, its definition, its parameters or its labels; without regard to the case of ASCII letters.
    package var text: String?
    /// Made at this instant or later.
    package var since: Date?
    /// Made before this instant.
    package var until: Date?
    /// Whose eyes it is for: only runs that these rights cover.
    package var coverage = Rights.all
    /// 1…1,000.
    package var limit = 50
    /// Only runs older than this one: the last id of the page before.
    package var before: RunID?
    package init() {}
}

package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Whether more follow.
    package let hasMore: Bool
    /// Where the page ends when that is not its last item: a search looks at so many runs at once, found or not.
    package let end: RunID?
    package init(items: [Item], hasMore: Bool, end: RunID? = nil) {
        self.items = items
        self.hasMore = hasMore
        self.end = end
    }
}
