import GoWire
import MartletCore
import MartletEngine

// Hosts.
extension ClusterDesk {
    /// Answers when the host is prepared.
    func createHost() async throws -> LegacyAnswer {
        try needAllRights()
        _ = try await door.createHost(ClusterHost(try await body()), isBootstrapped: true, by: caller)
        return .ok
    }

    func updateHost() async throws -> LegacyAnswer {
        try needAllRights()
        let host = try ClusterHost(try await body())
        guard !host.id.isEmpty else { throw ClusterRefusal.parameter("id is missing") }
        _ = try await door.saveHost(host, isBootstrapped: true, by: caller)
        return .ok
    }

    func deleteHost() async throws -> LegacyAnswer {
        try needAllRights()
        try await door.deleteHost(try await body().text("id"))
        return .ok
    }

    func selectHost() async throws -> LegacyAnswer {
        try needAllRights()
        let id = try await body().text("id")
        guard let host = try await door.hosts().first(where: { $0.id == id }) else { return .nothingFound }
        return .success(WireValue(host))
    }

    func selectHostList() async throws -> LegacyAnswer {
        try needAllRights()
        guard let page else { return .failure("查询错误") }
        let all = try await door.hosts()
        return all.isEmpty ? .nothingFound : .success(.page(all, page) { WireValue($0) })
    }
}

// Templates of configuration.
extension ClusterDesk {
    func createConfig() async throws -> LegacyAnswer {
        try needAllRights()
        _ = try await door.createTemplate(ClusterTemplate(try await body()))
        return .ok
    }

    func updateConfig() async throws -> LegacyAnswer {
        try needAllRights()
        let template = try ClusterTemplate(try await body())
        guard !template.id.isEmpty else { throw ClusterRefusal.parameter("id is missing") }
        _ = try await door.saveTemplate(template)
        return .ok
    }

    func deleteConfig() async throws -> LegacyAnswer {
        try needAllRights()
        try await door.deleteTemplate(try await body().text("id"))
        return .ok
    }

    func selectConfig() async throws -> LegacyAnswer {
        try needAllRights()
        let id = try await body().text("id")
        guard let template = try await door.templates().first(where: { $0.id == id }) else { return .nothingFound }
        return .success(WireValue(template))
    }

    /// `typ=all`: all of them by role, which is what the page asks for at its start.
    func selectConfigList() async throws -> LegacyAnswer {
        try needAllRights()
        let all = try await door.templates()
        if query["typ"] == "all" { return .success(Self.grouped(all)) }
        guard let page else { return .failure("查询错误") }
        guard let typ = query["typ"], let role = RoleName(rawValue: typ) else {
            throw ClusterRefusal.parameter("typ is none of the roles")
        }
        let found = all.filter { $0.role == role }
        return found.isEmpty ? .nothingFound : .success(.page(found, page) { WireValue($0) })
    }

    private static func grouped(_ all: [ClusterTemplate]) -> WireValue {
        .object(
            RoleName.allCases.filter { $0 != .zookeeper }.map { role in
                let found = all.filter { $0.role == role }.map { WireValue($0) }
                return (role.rawValue, found.isEmpty ? .null : .array(found))
            })
    }
}
