import MartletCore

/// `force` with the name of the cluster: what the table of operations does not allow is done all the same.
struct Insistence: Sendable {
    let isForced: Bool
    let confirm: String?

    init(_ fields: inout Fields) {
        isForced = fields.bool("force") ?? false
        confirm = fields.string("confirm")
    }

    /// Throws unless the caller named the cluster.
    func confirmed(for view: ClusterView) throws(ClusterRefusal) -> Bool {
        guard isForced else { return false }
        guard confirm == view.record.name else { throw .unconfirmed(name: view.record.name) }
        return true
    }
}

/// A cluster as the native API takes it: the document's members, and only these.
struct ClusterOrder {
    let draft: ClusterDraft
    let insistence: Insistence
    /// The version that it was made from; nil: any.
    let version: Int?

    /// What an answer has beside the cluster itself, so that it can be sent back as it came.
    private static let answered = [
        "id", "status", "deployStatus", "workStatus", "deployedVersion", "createdAt", "changedAt", "operations", "run",
    ]

    init(_ body: JSONValue) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        var draft = ClusterDraft()
        draft.name = fields.string("name") ?? ""
        draft.hosts = fields.strings("hosts", maxCount: ClusterDraft.mostHosts) ?? []
        draft.remark = fields.string("remark", maxBytes: ClusterDraft.longestRemark) ?? ""
        if var base = fields.object("base") {
            draft.base = Cluster.Base(
                version: base.string("version") ?? "", deployUser: base.string("deployUser") ?? "easy",
                deployDir: base.string("deployDir") ?? "/home/easy/ds")
            base.finish()
        }
        for var role in fields.objects("roles") ?? [] {
            draft.roles.append(
                ClusterDraft.Role(
                    name: role.string("roleName") ?? "", body: role.value("roleBody"),
                    hosts: role.strings("roleDependHost", maxCount: ClusterDraft.mostHosts) ?? []))
            role.finish()
        }
        insistence = Insistence(&fields)
        version = fields.int("version", in: 1...Int64(Int32.max))
        for key in Self.answered { _ = fields.value(key) }
        fields.finish()
        // Wrong types alone: what else is wrong is told together, by the door.
        try problems.check("the cluster")
        self.draft = draft
    }
}
