import GoWire
import MartletCore

/// The body of a call as the replaced system's decoder read it: unknown members are nothing, missing ones are empty, and
/// a value of another type spoils the whole.
struct LegacyBody {
    private let members: [String: JSONValue]

    init(_ bytes: [UInt8]) throws(ClusterRefusal) {
        let value: JSONValue
        do {
            value = try GoJSON.value(bytes)
        } catch {
            throw .parameter("the body is not valid JSON: \(error)")
        }
        try self.init(value, "the body")
    }

    init(_ value: JSONValue, _ what: String) throws(ClusterRefusal) {
        guard let members = value.object else { throw .parameter("\(what) is not an object") }
        self.members = members
    }

    subscript(_ key: String) -> JSONValue? {
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    func text(_ key: String) throws(ClusterRefusal) -> String {
        guard let value = self[key] else { return "" }
        guard let text = value.string else { throw .parameter("\(key) is not a text") }
        return text
    }

    func texts(_ key: String) throws(ClusterRefusal) -> [String] {
        guard let value = self[key] else { return [] }
        guard let list = value.array else { throw .parameter("\(key) is not a list") }
        var texts: [String] = []
        for element in list {
            guard let text = element.string else { throw .parameter("\(key) is not a list of texts") }
            texts.append(text)
        }
        return texts
    }

    /// A number, or a text that is one; nil: it is absent.
    func number(_ key: String) throws(ClusterRefusal) -> Int? {
        switch self[key] {
        case nil: return nil
        case .int(let number): return Int(number)
        case .string(let text):
            guard let number = Int(text) else { throw .parameter("\(key) is not a number") }
            return number
        default: throw .parameter("\(key) is not a whole number")
        }
    }

    func object(_ key: String) throws(ClusterRefusal) -> LegacyBody? {
        guard let value = self[key] else { return nil }
        return try LegacyBody(value, key)
    }

    func objects(_ key: String) throws(ClusterRefusal) -> [LegacyBody] {
        guard let value = self[key] else { return [] }
        guard let list = value.array else { throw .parameter("\(key) is not a list") }
        var objects: [LegacyBody] = []
        for element in list { objects.append(try LegacyBody(element, key)) }
        return objects
    }
}

extension ClusterDraft {
    init(_ body: LegacyBody) throws(ClusterRefusal) {
        self.init()
        id = try body.text("id")
        status = try body.text("status")
        name = try body.text("name")
        hosts = try body.texts("hosts")
        remark = try body.text("remark")
        if let found = try body.object("base") {
            base = Cluster.Base(
                version: try found.text("version"), deployUser: try found.text("deployUser"),
                deployDir: try found.text("deployDir"))
        }
        for role in try body.objects("roles") {
            if let values = role["roleBody"], values.object == nil { throw .parameter("roleBody is not an object") }
            roles.append(
                Role(name: try role.text("roleName"), body: role["roleBody"], hosts: try role.texts("roleDependHost")))
        }
    }
}

extension ClusterHost {
    init(_ body: LegacyBody) throws(ClusterRefusal) {
        self.init()
        id = try body.text("id")
        ip = try body.text("ip")
        name = try body.text("name")
        port = try body.number("port") ?? 0
        root = try body.text("root")
        remark = try body.text("remark")
    }
}

extension ClusterTemplate {
    /// Flat: the role's values stand beside the name.
    init(_ body: LegacyBody) throws(ClusterRefusal) {
        guard let role = RoleName(rawValue: try body.text("typ")) else { throw .parameter("typ is none of the roles") }
        var values: [String: JSONValue] = [:]
        for key in role.keys { values[key.name] = body[key.name] }
        self.init(role: role, body: values)
        id = try body.text("id")
        name = try body.text("name")
        remark = try body.text("remark")
    }
}
