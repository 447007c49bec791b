package import MartletCore
package import MartletEngine

extension ClusterDoor {
    /// How an action is done.
    package struct Options: Sendable, Hashable {
        /// Nothing is changed.
        package var isCheck = false
        /// Only these hosts; nil: all.
        package var limit: [String]?
        /// The version that the caller has seen; it must still be the newest.
        package var version: Int?
        /// Whatever the status is; the rule of one started cluster stays.
        package var isForced = false
        package init() {}
    }

    /// Starts a run, and returns at once. `action`: nil for one that nobody knows. Looks at things in the replaced system's
    /// order.
    package func execute(
        _ action: ClusterAction?, _ id: String, _ options: Options = Options(), by caller: Caller,
        idempotency: IdempotencyRecord? = nil
    ) async throws -> Control.Accepted {
        try await answering(idempotency, id, caller) {
            try await submit(try await plan(action, id, options, caller), idempotency)
        }
    }

    private func plan(
        _ action: ClusterAction?, _ id: String, _ options: Options, _ caller: Caller
    ) async throws -> Submission {
        try await refuseWhenBusy()
        let all = try await control.store.clusters().map(ClusterView.init)
        let isAlone = action != .stop && !options.isCheck
        if isAlone { try refuseBesideStarted(action, id, all, options) }
        let view = try await cluster(id, caller.rights)
        try view.require(options.version)
        guard let action else { throw ClusterRefusal.unknownAction }
        if !options.isCheck { try permit(action.operation, view, options.isForced) }
        try Self.check(options.limit, view)
        var submission = try await submission(action, view, options, caller)
        submission.condition = ClusterCondition(
            cluster: id, version: view.record.version, status: view.record.status,
            isAlone: isAlone && !(action == .deploy && settings.deployBesideStarted))
        return submission
    }

    /// Repeats the last run of the cluster, where it failed on some host, on all the hosts that it was for: one failure ends
    /// a play everywhere, so that none of them is done; what is done already is left as it is.
    package func retry(
        _ id: String, by caller: Caller, idempotency: IdempotencyRecord? = nil
    ) async throws -> Control.Accepted {
        try await answering(idempotency, id, caller) {
            let (action, options) = try await again(id, caller)
            return try await submit(try await plan(action, id, options, caller), idempotency)
        }
    }

    private func again(_ id: String, _ caller: Caller) async throws -> (ClusterAction, Options) {
        try await refuseWhenBusy()
        _ = try await cluster(id, caller.rights)
        guard let run = try await lastRun(of: id, caller.rights) else {
            throw MartletError(.conflict, "nothing was done to this cluster yet")
        }
        guard let work = run.playbookWork else { throw MartletError(.internal, "run \(run.id) has no playbook") }
        let hosts = try await runs.failedHosts(of: run, work, control)
        guard !hosts.isEmpty else { throw MartletError(.conflict, "the last run \(run.id) failed on no host") }
        var options = Options()
        (options.limit, options.isCheck) = (work.limit, work.isCheck)
        return (work.action, options)
    }

    /// A call that comes again under its key gets the answer of before, however things stand by now.
    private func answering(
        _ idempotency: IdempotencyRecord?, _ id: String, _ caller: Caller,
        _ body: () async throws -> Control.Accepted
    ) async throws -> Control.Accepted {
        do {
            return try await body()
        } catch  where error is ClusterRefusal || (error as? MartletError)?.code == .conflict {
            let refusal = error
            guard let idempotency else { throw refusal }
            var known = try await submission(.deploy, try await cluster(id, caller.rights), Options(), caller)
            // Never so: nothing new is stored.
            known.condition = ClusterCondition(cluster: id, version: 0, status: "", isAlone: false)
            do {
                return try await control.submit(known, idempotency: idempotency)
            } catch is ClusterClash {
                throw refusal
            }
        }
    }

    func submit(_ submission: Submission, _ idempotency: IdempotencyRecord?) async throws -> Control.Accepted {
        do {
            return try await changing { try await control.submit(submission, idempotency: idempotency) }
        } catch let error as MartletError where error.code == .conflict {
            // Somebody else's run took the key at this moment.
            try await refuseWhenBusy()
            throw error
        }
    }

    /// Throws `otherStarted` when a cluster is started, this one included.
    private func refuseBesideStarted(
        _ action: ClusterAction?, _ id: String, _ all: [ClusterView], _ options: Options
    ) throws(ClusterRefusal) {
        let own = Set(all.first { $0.record.id == id }?.cluster.hosts ?? [])
        for started in all where started.isWorking {
            let isOwn = started.record.id == id
            if isOwn, options.isForced { continue }
            let isApart = own.isDisjoint(with: started.cluster.hosts)
            if !isOwn, action == .deploy, settings.deployBesideStarted, isApart { continue }
            throw .otherStarted
        }
    }

    private static func check(_ limit: [String]?, _ view: ClusterView) throws(MartletError) {
        guard let limit else { return }
        let problems = Fields.Problems()
        if limit.isEmpty { problems.add("hosts", "names no host; leave it out for all") }
        for host in limit where !view.cluster.hosts.contains(host) {
            problems.add("hosts", "\(host.prefix(64)) is none of the cluster's hosts")
        }
        try problems.check("the request")
    }

    /// What is deployed is started and stopped; a deploy takes what was saved last.
    private func submission(
        _ action: ClusterAction, _ view: ClusterView, _ options: Options, _ caller: Caller
    ) async throws -> Submission {
        let version = action == .deploy ? view.record.version : view.record.deployed ?? view.record.version
        guard let content = try await control.store.clusterContent(of: view.record.id, version) else {
            throw ClusterRefusal.moved
        }
        let cluster = try ClusterText.cluster(content.text, id: view.record.id, status: view.cluster.status)
        let secrets = content.secrets.reduce(into: [String: Secret]()) { all, pair in
            if let role = RoleName(rawValue: pair.key) { all[ClusterSecret.variable(of: role)] = pair.value }
        }
        let ports = try await hosts().reduce(into: [String: Int]()) { all, host in
            if cluster.hosts.contains(host.ip), host.port != 22 { all[host.ip] = host.port }
        }
        let spec = PlaybookSpec(
            cluster: cluster, version: version, action: action, check: options.isCheck, limit: options.limit,
            ports: ports)
        var submission = runs.submission(.cluster(spec), secrets: secrets, caller)
        if options.isForced { submission.labels[PlaybookLabel.forced] = "true" }
        return submission
    }
}
