package import Foundation

/// What a controller remembers of one of its nodes.
package struct KnownNode: Sendable, Hashable {
    package var name: String
    /// Where it was configured to be: the only place that is ever called for it.
    package var address: String
    /// Which store the node has; another one knows nothing of what was taken before.
    package var instance: String?
    /// Up to where its events were taken.
    package var cursor: Int64
    /// Version of the plan that it confirmed last.
    package var plan: String?
    package var heardAt: Date?

    package init(
        name: String, address: String, instance: String? = nil, cursor: Int64 = 0, plan: String? = nil,
        heardAt: Date? = nil
    ) {
        self.name = name
        self.address = address
        self.instance = instance
        self.cursor = cursor
        self.plan = plan
        self.heardAt = heardAt
    }
}

/// What a node answered to the question what is new.
package struct NodeReport: Sendable {
    package var node: String
    package var instance: String
    /// Where the next question goes on; nil: it was no question after a cursor.
    package var cursor: Int64?
    package var records: [NodeRecord]
    /// Version of the plan that it works by; nil: it has none.
    package var plan: String?

    package init(node: String, instance: String, cursor: Int64?, records: [NodeRecord], plan: String?) {
        self.node = node
        self.instance = instance
        self.cursor = cursor
        self.records = records
        self.plan = plan
    }
}

/// Which copies are asked for; newest first.
package struct NodeRecordQuery: Sendable, Hashable {
    package var app: String?
    package var node: String?
    /// Only those that have not ended.
    package var isOpen = false
    /// 1…1,000.
    package var limit = 100
    /// Only older ones: the last id of the page before.
    package var before: RunID?

    package init(app: String? = nil, node: String? = nil, isOpen: Bool = false) {
        self.app = app
        self.node = node
        self.isOpen = isOpen
    }
}

/// The nodes of a controller and its copies of their records. Every write is durable when its call returns.
package protocol NodeLedger: Sendable {
    /// By name.
    func nodes() async throws -> [KnownNode]
    /// Remembers address and confirmed plan; what was taken of the node stays.
    func save(node: KnownNode) async throws
    /// It is none of ours any more. Its copies stay.
    func forget(node: String) async throws
    /// Records, the versions that they made and the cursor, in one transaction. A record only moves forward: one that is known
    /// in the same or a higher version, or as another node's, changes nothing. Returns those that were taken.
    func take(_ report: NodeReport, at now: Date) async throws -> [NodeRecord]
    /// Those of these runs that have not ended become `lost`: their node does not know them.
    func lose(_ runs: [RunID], of node: String, why: String, at now: Date) async throws -> [NodeRecord]
    func nodeRecords(_ query: NodeRecordQuery) async throws -> [NodeRecord]
    func nodeRecord(_ run: RunID) async throws -> NodeRecord?
    /// Ended ones of before `horizon`.
    func deleteNodeRecords(before horizon: Date, limit: Int) async throws -> Int
}
