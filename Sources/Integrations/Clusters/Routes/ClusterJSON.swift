import MartletCore
import MartletHTTP

extension JSONWriter {
    /// `isBusy`: a run goes, so that nothing is allowed.
    mutating func members(of view: ClusterView, isBusy: Bool) {
        field("id", view.record.id)
        field("status", view.cluster.status.rawValue)
        content(of: view.cluster)
        field("version", Optional(view.record.version))
        field("deployedVersion", view.record.deployed)
        field("deployStatus", view.record.isDeployed)
        field("workStatus", view.isWorking)
        let operations = isBusy ? [] : ClusterOperation.allCases.filter(view.cluster.status.permits)
        array("operations", operations) { $0.value($1.rawValue) }
        field("createdAt", view.record.createdAt)
        field("changedAt", view.record.changedAt)
    }

    /// What was saved, with masks.
    mutating func content(of cluster: Cluster) {
        field("name", cluster.name)
        array("hosts", cluster.hosts) { $0.value($1) }
        object("base") { json in
            json.field("version", cluster.base.version)
            json.field("deployUser", cluster.base.deployUser)
            json.field("deployDir", cluster.base.deployDir)
        }
        array("roles", cluster.roles) { json, role in
            json.object { json in
                json.field("roleName", role.roleName.rawValue)
                json.field("roleBody", role.roleBody.map(JSONValue.object) ?? .null)
                json.array("roleDependHost", role.roleDependHost) { $0.value($1) }
            }
        }
        field("remark", cluster.remark)
    }

    mutating func members(of version: ClusterVersion) {
        field("number", Optional(version.number))
        field("savedAt", version.savedAt)
        field("savedBy", version.savedBy)
        field("note", version.note)
    }

    mutating func members(of host: ClusterHost) {
        field("id", host.id)
        field("ip", host.ip)
        field("name", host.name)
        field("port", Optional(host.port))
        field("root", host.root)
        field("remark", host.remark)
    }

    mutating func members(of template: ClusterTemplate) {
        field("id", template.id)
        field("name", template.name)
        field("role", template.role.rawValue)
        field("body", .object(template.body))
        field("remark", template.remark)
    }
}
