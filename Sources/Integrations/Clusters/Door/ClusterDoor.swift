package import MartletCore
package import MartletEngine

/// The door of this integration: the facade, the native routes and nobody else change clusters through it.
package struct ClusterDoor: Sendable {
    package let control: Control
    let runs: ClusterRuns

    init(control: Control, runs: ClusterRuns) {
        self.control = control
        self.runs = runs
    }

    var settings: ClusterSettings { runs.box.settings }

    /// Who asks.
    package struct Caller: Sendable {
        package let trigger: Trigger
        package let rights: Rights
        package init(trigger: Trigger, rights: Rights) {
            self.trigger = trigger
            self.rights = rights
        }

        var name: String { trigger.caller ?? "anonymous" }
    }

    // MARK: Reading

    /// In the order of their creation, those that the rights cover.
    package func clusters(_ rights: Rights) async throws -> [ClusterView] {
        try await control.store.clusters().map(ClusterView.init).filter { Self.covers($0.labels, rights) }
    }

    /// Throws `notFound`.
    package func cluster(_ id: String, _ rights: Rights) async throws -> ClusterView {
        guard let record = try await control.store.cluster(id) else { throw ClusterRefusal.notFound }
        let view = try ClusterView(record)
        guard Self.covers(view.labels, rights) else { throw ClusterRefusal.notFound }
        return view
    }

    static func covers(_ labels: [String: String], _ rights: Rights) -> Bool {
        rights.covers(job: PlaybookJob.jobName, labels: labels)
    }

    /// The run that works on clusters or hosts now.
    package func liveRun() async throws -> RunID? {
        var query = RunQuery()
        (query.key, query.limit) = (ClusterLock.key, 1)
        query.states = RunState.allCases.filter { !$0.isEnd }
        return try await control.runs(query).items.first?.run.id
    }

    /// The newest run that worked on clusters or hosts, as far as the rights reach; of one cluster, or of any.
    package func lastRun(of cluster: String? = nil, _ rights: Rights) async throws -> Run? {
        var query = RunQuery()
        (query.group, query.limit, query.coverage) = (ClusterLock.key, 20, rights)
        if let cluster { query.labels = [PlaybookLabel.id: cluster] }
        // Others may name their group so.
        return try await control.runs(query).items.map(\.run).first { $0.playbookWork != nil }
    }

    /// Throws `busy` while a run goes.
    func refuseWhenBusy() async throws {
        if let run = try await liveRun() { throw ClusterRefusal.busy(run) }
    }

    /// Runs a change of the store, and says in the door's words why it was not made.
    func changing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let clash as ClusterClash {
            throw ClusterRefusal(clash)
        }
    }
}
