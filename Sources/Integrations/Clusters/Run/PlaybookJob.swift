package import MartletCore
package import MartletEngine

/// Labels and names of the runs of playbooks.
package enum PlaybookLabel {
    package static let id = "clusters/id"
    package static let name = "clusters/name"
    package static let action = "clusters/action"
}

/// What a run of a playbook consists of.
package enum PlaybookJob {
    /// One live run each on the whole server.
    package static let key = "clusters"
    package static let group = "clusters"
    package static let jobName = "clusters"
    /// How long a run may take where nothing else is said.
    package static let deadline = TimeSpan.seconds(7200)

    /// `secrets`: names of stored secrets by variable, `ambient`: their values where the door has them (see
    /// ``PlaybookSecrets``). The key makes the store refuse a second run.
    package static func submission(
        _ work: PlaybookWork, deadline: TimeSpan = deadline, secrets: [String: String] = [:],
        ambient: [String: Secret] = [:], trigger: Trigger, rights: Rights
    ) -> Submission {
        Submission(
            work: .inline(job(work, deadline: deadline, secrets: secrets)), key: key,
            groups: [GroupMembership(group: group, batch: "")], ambientSecrets: ambient, trigger: trigger,
            rights: rights)
    }

    package static func job(
        _ work: PlaybookWork, deadline: TimeSpan = deadline, secrets: [String: String] = [:]
    ) -> Job {
        let task = TaskSpec(
            name: "playbook", driver: PlaybookDriver.name, spec: work.value, timeout: deadline, grace: .seconds(20),
            secrets: secrets)
        return Job(name: jobName, tasks: [task], labels: labels(work))
    }

    private static func labels(_ work: PlaybookWork) -> [String: String] {
        switch work {
        case .cluster(let spec):
            [
                PlaybookLabel.id: spec.cluster.id, PlaybookLabel.action: spec.action.rawValue,
                PlaybookLabel.name: String(decoding: spec.cluster.name.utf8.prefix(256), as: UTF8.self),
            ]
        case .bootstrap: [PlaybookLabel.action: "bootstrap"]
        }
    }
}

extension ClusterStatus {
    /// What an ended run makes of a cluster. A run that only checks makes nothing of it: do not ask.
    package static func after(_ action: ClusterAction, succeeded: Bool) -> ClusterStatus {
        switch action {
        case .deploy: succeeded ? .deploysuccess : .deployfailure
        case .start: succeeded ? .startsuccess : .startfailure
        case .stop: succeeded ? .stopsuccess : .stopfailure
        }
    }
}
