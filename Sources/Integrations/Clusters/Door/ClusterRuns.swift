import MartletCore
import MartletEngine

/// Makes runs of what is to be done, and reads what they did: what the door needs of the part that drives Ansible.
struct ClusterRuns: Sendable {
    let box: ClusterBox
    private let book = PlaybookProgressBook()

    init(box: ClusterBox) { self.box = box }

    /// `secrets`: by the variable that the run's process gets them in.
    func submission(_ work: PlaybookWork, secrets: [String: Secret], _ caller: ClusterDoor.Caller) -> Submission {
        PlaybookJob.submission(
            work, deadline: box.settings.deadline, ambient: secrets, trigger: caller.trigger, rights: caller.rights)
    }

    /// Those that failed, could not be reached, or were not got to.
    func failedHosts(of run: Run, _ work: PlaybookWork, _ control: Control) async throws -> [String] {
        let task = try control.playbookTask(of: run, attempt: nil)
        return try await book.progress(of: task, control.files).failedHosts(of: work.expectedHosts)
    }
}

enum ClusterSecret {
    static let database = "CLUSTER_SECRET_DATABASE"
    static let mail = "CLUSTER_SECRET_MAIL"
    static let root = "CLUSTER_SECRET_ROOT"

    /// The variable of a role's password.
    static func variable(of role: RoleName) -> String { role == .database ? database : mail }
}

extension PlaybookLabel {
    /// The table of operations did not allow the run, and somebody insisted.
    static let forced = "clusters/forced"

    /// What tokens may be bound to.
    static func labels(id: String, name: String) -> [String: String] {
        [Self.id: id, Self.name: String(decoding: name.utf8.prefix(256), as: UTF8.self)]
    }
}
