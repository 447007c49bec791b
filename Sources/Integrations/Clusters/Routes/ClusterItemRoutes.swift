import HTTPTypes
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

/// The native API of what clusters are made from: hosts, and templates of configuration. Both are the whole server's.
struct ClusterItemRoutes: Sendable {
    let runs: ClusterRuns

    var routes: [Route] {
        let (hosts, templates) = ("/api/cluster-hosts", "/api/cluster-templates")
        return [
            Route(.get, hosts, "List the hosts of clusters", access: .server(.read), .listClusterHosts, listHosts),
            Route(
                .post, hosts, "Prepare a host over SSH as root, and keep it", access: .server(.admin),
                .createClusterHost, createHost),
            Route(.get, hosts + "/{host}", "Show a host", access: .server(.read), .showClusterHost, showHost),
            Route(
                .put, hosts + "/{host}", "Change a host, and prepare it again", access: .server(.admin),
                .saveClusterHost, saveHost),
            Route(
                .delete, hosts + "/{host}", "Forget a host; nothing is changed on it", access: .server(.admin),
                .deleteClusterHost, deleteHost),
            Route(
                .get, templates, "List the templates of roles", access: .server(.read), .listClusterTemplates,
                listTemplates),
            Route(
                .post, templates, "Make a template of a role", access: .server(.admin), .createClusterTemplate,
                createTemplate),
            Route(
                .get, templates + "/{template}", "Show a template", access: .server(.read), .showClusterTemplate,
                showTemplate),
            Route(
                .put, templates + "/{template}", "Change a template; clusters keep what they took from it",
                access: .server(.admin), .saveClusterTemplate, saveTemplate),
            Route(
                .delete, templates + "/{template}", "Forget a template", access: .server(.admin),
                .deleteClusterTemplate, deleteTemplate),
        ]
    }

    private func door(_ call: Call) -> ClusterDoor { ClusterDoor(control: call.control, runs: runs) }

    // MARK: Hosts

    @Sendable private func listHosts(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let hosts = try await door(call).hosts()
        return .json { json in
            json.array("items", hosts) { json, host in json.object { $0.members(of: host) } }
        }
    }

    @Sendable private func showHost(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let host = try await call.refusing { try await door(call).host(call.parameter("host")) }
        return .json { $0.members(of: host) }
    }

    @Sendable private func createHost(_ call: Call) async throws -> Response {
        let (sent, isBootstrapped) = try await host(call)
        let host = try await call.refusing {
            try await door(call).createHost(sent, isBootstrapped: isBootstrapped, by: call.clusterCaller)
        }
        return .json(.created, headers: [.location: "/api/cluster-hosts/\(host.id)"]) { $0.members(of: host) }
    }

    @Sendable private func saveHost(_ call: Call) async throws -> Response {
        var (sent, isBootstrapped) = try await host(call)
        sent.id = call.parameter("host")
        let host = try await call.refusing { [sent] in
            try await door(call).saveHost(sent, isBootstrapped: isBootstrapped, by: call.clusterCaller)
        }
        return .json { $0.members(of: host) }
    }

    @Sendable private func deleteHost(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try await call.refusing { try await door(call).deleteHost(call.parameter("host")) }
        return Response(status: .noContent)
    }

    /// What was sent, and whether the host is to be prepared.
    private func host(_ call: Call) async throws -> (ClusterHost, Bool) {
        try QueryItems(call.request).finish()
        return try await call.reading { fields in
            var host = ClusterHost()
            host.ip = fields.string("ip") ?? ""
            host.name = fields.string("name") ?? ""
            host.port = fields.int("port", in: 1...65_535) ?? 22
            host.root = fields.string("root") ?? ""
            host.remark = fields.string("remark") ?? ""
            _ = fields.value("id")
            return (host, fields.bool("bootstrap") ?? true)
        }
    }

    // MARK: Templates

    @Sendable private func listTemplates(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let templates = try await door(call).templates()
        return .json { json in
            json.array("items", templates) { json, template in json.object { $0.members(of: template) } }
        }
    }

    @Sendable private func showTemplate(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        let template = try await call.refusing { try await door(call).template(call.parameter("template")) }
        return .json { $0.members(of: template) }
    }

    @Sendable private func createTemplate(_ call: Call) async throws -> Response {
        let sent = try await template(call)
        let template = try await call.refusing { try await door(call).createTemplate(sent) }
        return .json(.created, headers: [.location: "/api/cluster-templates/\(template.id)"]) {
            $0.members(of: template)
        }
    }

    @Sendable private func saveTemplate(_ call: Call) async throws -> Response {
        var sent = try await template(call)
        sent.id = call.parameter("template")
        let template = try await call.refusing { [sent] in try await door(call).saveTemplate(sent) }
        return .json { $0.members(of: template) }
    }

    @Sendable private func deleteTemplate(_ call: Call) async throws -> Response {
        try QueryItems(call.request).finish()
        try await call.refusing { try await door(call).deleteTemplate(call.parameter("template")) }
        return Response(status: .noContent)
    }

    private func template(_ call: Call) async throws -> ClusterTemplate {
        try QueryItems(call.request).finish()
        return try await call.reading { fields in
            let role: RoleName? = fields.choice("role")
            if role == nil { fields.problem("role", "is missing or none of the roles") }
            let values = fields.read("body", "an object of values", \.object) ?? [:]
            var template = ClusterTemplate(
                role: role ?? .common, body: RoleBody.flat(.object(values), of: role ?? .common))
            template.name = fields.string("name") ?? ""
            template.remark = fields.string("remark") ?? ""
            _ = fields.value("id")
            return template
        }
    }
}
