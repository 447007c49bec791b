package import MartletCore

/// Why the door does not do what it is asked for.
package enum ClusterRefusal: Error, Sendable {
    /// The request cannot be read, or names nothing; the text says what is wrong.
    case parameter(String)
    case nameTaken
    case draft([ClusterProblem])
    /// A mask was sent where no password is stored.
    case noPassword(RoleName)
    case busy(RunID)
    case otherStarted
    case notPermitted(ClusterOperation, ClusterStatus)
    case notFound
    case unknownAction
    /// Somebody changed it in the meantime.
    case moved
    /// Insisting takes the name of the cluster.
    case unconfirmed(name: String)

    init(_ clash: ClusterClash) {
        switch clash {
        case .busy(let run): self = .busy(run)
        case .nameTaken: self = .nameTaken
        case .moved: self = .moved
        case .noID: self = .moved
        case .otherStarted: self = .otherStarted
        }
    }

    /// As the rest of the house says it.
    package var error: MartletError {
        switch self {
        case .parameter(let text): MartletError(.invalid, text)
        case .nameTaken: MartletError(.conflict, "the name is taken")
        case .draft(let problems):
            MartletError(
                .invalid, "the cluster is not valid",
                problems: problems.map { FieldProblem(field: $0.field, problem: $0.problem) })
        case .noPassword(let role):
            MartletError(
                .invalid, "the password of \(role.rawValue) is the mask, and there is no stored one to keep",
                problems: [FieldProblem(field: role.passwordKey ?? "", problem: "send the password itself")])
        case .busy(let run):
            MartletError(.conflict, "the run \(run) is not over; until then nothing about clusters is changed")
        case .otherStarted:
            MartletError(.conflict, "a cluster is started, and only one may be; stop it first")
        case .notPermitted(let operation, let status):
            MartletError(
                .conflict,
                "\(operation.rawValue) is not allowed in the status \(status.rawValue); allowed: \(Self.list(status) { $0.rawValue })"
            )
        case .notFound: MartletError(.notFound, "there is no such cluster, host or template")
        case .unknownAction: MartletError(.invalid, "the action is unknown")
        case .moved: MartletError(.conflict, "it was changed at this moment; look at it and try again")
        case .unconfirmed(let name):
            MartletError(
                .invalid, "force is not confirmed",
                problems: [FieldProblem(field: "confirm", problem: "must be the name of the cluster: \(name)")])
        }
    }

    /// As the replaced system says it.
    var legacyText: String {
        switch self {
        case .parameter: "参数错误"
        case .nameTaken: "名称冲突"
        case .draft(let problems): Self.text(problems)
        case .noPassword(let role): "角色信息错误：\(role.rawValue) 没有已保存的密码，请输入密码"
        case .busy: "上一次执行未结束，请等待！！！"
        case .otherStarted: "同一时间只能启动一个集群,请停止再操作其他集群!!"
        case .notPermitted(let operation, let status):
            "\(status.rawValue) 状态下不能\(operation.legacyWord)集群，只能：\(Self.list(status) { $0.legacyWord })"
        case .notFound: "没有查到"
        case .unknownAction: "请输入正确的参数"
        case .moved: "数据已被修改，请刷新后重试"
        case .unconfirmed: "参数错误"
        }
    }

    /// What comes first in the replaced system's order decides.
    private static func text(_ problems: [ClusterProblem]) -> String {
        guard let part = problems.map(\.part).min() else { return "参数错误" }
        let word =
            switch part {
            case .name: "参数错误"
            case .hosts: "主机信息错误"
            case .base: "基础信息错误"
            case .roles: "角色信息错误"
            }
        let details = problems.filter { $0.part == part }.prefix(3).map { "\($0.field) \($0.problem)" }
        return "\(word)：\(details.joined(separator: "; "))"
    }

    private static func list(_ status: ClusterStatus, _ word: (ClusterOperation) -> String) -> String {
        ClusterOperation.allCases.filter(status.permits).map(word).joined(separator: ", ")
    }
}
