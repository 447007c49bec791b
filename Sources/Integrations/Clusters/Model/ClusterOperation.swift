import MartletCore

/// What may be asked for about a cluster that is there. The raw values are the native API's words.
package enum ClusterOperation: String, Sendable, Hashable, CaseIterable {
    case edit, cancel, deploy, start, stop, delete

    /// As the replaced system's page names it.
    var legacyWord: String {
        switch self {
        case .edit: "编辑"
        case .cancel: "取消"
        case .deploy: "部署"
        case .start: "启动"
        case .stop: "停止"
        case .delete: "删除"
        }
    }
}

extension ClusterAction {
    package var operation: ClusterOperation {
        switch self {
        case .start: .start
        case .stop: .stop
        case .deploy: .deploy
        }
    }
}

extension ClusterStatus {
    /// What the document's table allows in this status, while no run is under way.
    package var operations: Set<ClusterOperation> {
        switch self {
        case .prepare: [.deploy, .delete]
        case .cancel: [.edit]
        case .deploysuccess: [.cancel, .start, .stop, .delete]
        case .deployfailure: [.edit, .deploy, .delete]
        case .startsuccess: [.stop]
        case .startfailure: [.start, .delete]
        case .stopsuccess: [.edit, .deploy, .delete]
        case .stopfailure: [.stop]
        }
    }

    package func permits(_ operation: ClusterOperation) -> Bool { operations.contains(operation) }
}
