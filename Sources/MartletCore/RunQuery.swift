/// A page of runs to ask for; every filter narrows. Newest first.
package struct RunQuery: Sendable, Hashable {
    package var states: [RunState] = []
    package var group: String?
    package var batch: String?
    package var driver: String?
    package var job: String?
    package var key: String?
    package var labels: [String: String] = [:]
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
    package init(items: [Item], hasMore: Bool) {
        self.items = items
        self.hasMore = hasMore
    }
}
