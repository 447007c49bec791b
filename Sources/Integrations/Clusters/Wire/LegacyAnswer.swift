import GoWire
import HTTPTypes
import Hummingbird
import MartletCore
import MartletHTTP

/// `{code, message, result}`, with HTTP 200 whatever the code says.
struct LegacyAnswer {
    var code: Int64 = 200
    var message = "ok"
    var result = WireValue.null

    static let ok = LegacyAnswer()
    static let nothingFound = LegacyAnswer(message: "没有查到")

    static func failure(_ message: String) -> LegacyAnswer { LegacyAnswer(code: 500, message: message) }
    static func success(_ result: WireValue) -> LegacyAnswer { LegacyAnswer(result: result) }

    func response(_ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status, "application/json; charset=utf-8",
            WireWriter.bytes(.object([("code", .int(code)), ("message", .string(message)), ("result", result)])))
    }
}

extension WireValue {
    /// The members of a cluster in the document's order, and what its field table adds.
    init(_ view: ClusterView) {
        let cluster = view.cluster
        self = .object([
            ("id", .string(cluster.id)), ("name", .string(cluster.name)), ("status", .string(cluster.status.rawValue)),
            ("hosts", .array(cluster.hosts.map(WireValue.string))),
            (
                "base",
                .object([
                    ("version", .string(cluster.base.version)), ("deployUser", .string(cluster.base.deployUser)),
                    ("deployDir", .string(cluster.base.deployDir)),
                ])
            ),
            (
                "roles",
                .array(
                    cluster.roles.map { role in
                        .object([
                            ("roleName", .string(role.roleName.rawValue)),
                            ("roleBody", role.roleBody.map { .json(.object($0)) } ?? .null),
                            ("roleDependHost", .array(role.roleDependHost.map(WireValue.string))),
                        ])
                    })
            ),
            ("remark", .string(cluster.remark)), ("workStatus", .bool(view.isWorking)),
            ("deployStatus", .bool(view.record.isDeployed)),
        ])
    }

    init(_ host: ClusterHost) {
        self = .object([
            ("id", .string(host.id)), ("ip", .string(host.ip)), ("name", .string(host.name)),
            ("port", .int(Int64(host.port))), ("root", .string(host.root)), ("remark", .string(host.remark)),
        ])
    }

    /// Flat, with the values in the document's order.
    init(_ template: ClusterTemplate) {
        let values = template.role.keys.compactMap { key in
            template.body[key.name].map { (key.name, WireValue.json($0)) }
        }
        self = .object(
            [("id", .string(template.id)), ("name", .string(template.name)), ("typ", .string(template.role.rawValue))]
                + values + [("remark", .string(template.remark))])
    }

    /// A page of a list: `{currentPage, total, data}`.
    static func page<Item>(_ items: [Item], _ number: Int, _ each: (Item) -> WireValue) -> WireValue {
        .object([
            ("currentPage", .int(Int64(number))), ("total", .int(Int64(items.count))),
            ("data", .array(ClusterPage.slice(items, number).map(each))),
        ])
    }
}
