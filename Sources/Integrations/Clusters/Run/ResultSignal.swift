package import MartletCore

/// How the last run stands, as the document's signal tells it.
package struct ResultSignal: Sendable, Hashable {
    package var type: ClusterAction
    package var success: Bool
    package var over: Bool

    package init(type: ClusterAction, success: Bool, over: Bool) {
        (self.type, self.success, self.over) = (type, success, over)
    }

    /// Nil when it is no run of a playbook.
    package static func of(_ run: Run) -> ResultSignal? {
        guard let work = run.playbookWork else { return nil }
        return ResultSignal(type: work.action, success: run.state == .succeeded, over: run.state.isEnd)
    }
}
