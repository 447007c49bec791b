package import MartletCore

extension PlaybookDriver: YieldingDriver {
    /// How the cluster stands after a run that was more than a check. One that was ended before it began changes nothing.
    package func yields(of run: Run) -> [RunYield] {
        guard case .cluster(let spec)? = run.playbookWork, !spec.check, run.startedAt != nil,
            // Who submits such a run past the cluster changes no status by it.
            run.key == ClusterLock.key, run.labels[PlaybookLabel.id] == spec.cluster.id
        else { return [] }
        let isGood = run.state == .succeeded
        // What went well on some hosts is not yet true of the cluster.
        if isGood, let limit = spec.limit, !Set(spec.cluster.hosts).isSubset(of: limit) { return [] }
        var deploy: ClusterEnd.Deploy?
        if spec.action == .deploy { deploy = isGood ? .succeeded(version: spec.version) : .failed }
        let status = ClusterStatus.after(spec.action, succeeded: isGood)
        return [.cluster(ClusterEnd(cluster: spec.cluster.id, status: status.rawValue, deploy: deploy))]
    }

    /// What a status allows is looked at when a run is asked for, and it may be another one by now.
    package func refusal(ofRepeating run: Run) -> String? {
        run.playbookWork.map { work in
            switch work {
            case .cluster(let spec):
                "ask for it through the cluster: POST /api/clusters/\(spec.cluster.id)/retry, or deploy, start, stop, check"
            case .bootstrap: "ask for it through the host: PUT /api/cluster-hosts/ID"
            }
        }
    }
}
