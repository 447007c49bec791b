import Foundation
package import MartletCore

/// A machine that clusters may use.
package struct ClusterHost: Sendable, Hashable {
    package var id = ""
    package var ip = ""
    package var name = ""
    package var port = 22
    /// Password of root: the mask, or what somebody sent; empty: none is known.
    package var root = ""
    package var remark = ""

    package init() {}

    private struct Content: Codable {
        var ip: String
        var port: Int
        var remark: String
        var hasRoot: Bool
    }

    init(_ item: ClusterItem) throws {
        let content = try JSONDecoder().decode(Content.self, from: Data(item.text.utf8))
        (id, name, ip, port, remark) = (item.id, item.name, content.ip, content.port, content.remark)
        root = content.hasRoot ? Cluster.mask : ""
    }

    /// `password`: what is kept beside it.
    func content(_ password: Secret?) throws -> ClusterContent {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = try encoder.encode(Content(ip: ip, port: port, remark: remark, hasRoot: password != nil))
        return ClusterContent(
            text: String(decoding: text, as: UTF8.self), secrets: password.map { [Self.rootKey: $0] } ?? [:])
    }

    static let rootKey = "root"

    package func problems() -> [FieldProblem] {
        var all: [FieldProblem] = []
        func add(_ field: String, _ problem: String?) {
            if let problem { all.append(FieldProblem(field: field, problem: problem)) }
        }
        add("name", ClusterText.problem(name, longest: ClusterDraft.longestName))
        add("ip", ClusterText.isIPv4(ip) ? nil : "expected an IPv4 address such as 192.0.2.10")
        add("port", (1...65_535).contains(port) ? nil : "must be from 1 to 65535")
        add("remark", ClusterText.problem(remark, longest: ClusterDraft.longestRemark, isOptional: true))
        let isClean = root.utf8.count <= RoleKey.longestText && root.unicodeScalars.allSatisfy(ClusterText.isPrintable)
        add("root", isClean ? nil : "is too long, or has control characters")
        return all
    }
}

/// Values of a role that a cluster's page offers to start from.
package struct ClusterTemplate: Sendable, Hashable {
    package var id = ""
    package var name = ""
    package var role: RoleName
    /// With the mask for a password, or what somebody sent.
    package var body: [String: JSONValue]
    package var remark = ""

    package init(role: RoleName, body: [String: JSONValue]) {
        self.role = role
        self.body = body
    }

    private struct Content: Codable {
        var body: [String: JSONValue]
        var remark: String
    }

    init(_ item: ClusterItem) throws {
        guard let role = RoleName(rawValue: item.space) else {
            throw MartletError(.internal, "the template \(item.id) is of an unknown role")
        }
        let content = try JSONDecoder().decode(Content.self, from: Data(item.text.utf8))
        self.init(role: role, body: content.body)
        (id, name, remark) = (item.id, item.name, content.remark)
    }

    func content(_ password: Secret?) throws -> ClusterContent {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = try encoder.encode(Content(body: body, remark: remark))
        return ClusterContent(
            text: String(decoding: text, as: UTF8.self), secrets: password.map { [role.rawValue: $0] } ?? [:])
    }

    package func problems() -> [FieldProblem] {
        var all = RoleBody.problems(body, of: role)
        if let problem = ClusterText.problem(name, longest: ClusterDraft.longestName) {
            all.append(FieldProblem(field: "name", problem: problem))
        }
        if let problem = ClusterText.problem(remark, longest: ClusterDraft.longestRemark, isOptional: true) {
            all.append(FieldProblem(field: "remark", problem: problem))
        }
        return all
    }
}
