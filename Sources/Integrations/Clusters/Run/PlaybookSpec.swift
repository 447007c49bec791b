import Foundation
package import MartletCore

/// What a run of a playbook is to do, as its task carries it: either to a cluster or to hosts that are new.
package enum PlaybookWork: Sendable, Hashable {
    case cluster(PlaybookSpec)
    case bootstrap(BootstrapSpec)
}

/// One action on one cluster.
package struct PlaybookSpec: Codable, Sendable, Hashable {
    /// As it was when the run was asked for; passwords are masks.
    package var cluster: Cluster
    /// Which saved version of the cluster it is.
    package var version: Int
    package var action: ClusterAction
    /// Only show what would change.
    package var check: Bool
    /// Work on these hosts only; nil: on all.
    package var limit: [String]?
    /// Port of SSH by host, where it is not 22.
    package var ports: [String: Int]

    package init(
        cluster: Cluster, version: Int, action: ClusterAction, check: Bool = false, limit: [String]? = nil,
        ports: [String: Int] = [:]
    ) {
        self.cluster = cluster
        self.version = version
        self.action = action
        self.check = check
        self.limit = limit
        self.ports = ports
    }

    /// Hosts that must be in the recap, and clean.
    package var expectedHosts: [String] { limit ?? cluster.hosts }
}

/// Makes the deploying user on new hosts, as root with a password.
package struct BootstrapSpec: Codable, Sendable, Hashable {
    package struct Host: Codable, Sendable, Hashable {
        package var ip: String
        package var port: Int

        package init(ip: String, port: Int = 22) { (self.ip, self.port) = (ip, port) }
    }

    package var hosts: [Host]
    package var user: String

    package init(hosts: [Host], user: String = "easy") { (self.hosts, self.user) = (hosts, user) }
}

extension PlaybookWork {
    package var expectedHosts: [String] {
        switch self {
        case .cluster(let spec): spec.expectedHosts
        case .bootstrap(let spec): spec.hosts.map(\.ip)
        }
    }

    /// First line of the log, and type of the result signal: making a host ready counts as a deploy.
    package var action: ClusterAction {
        if case .cluster(let spec) = self { spec.action } else { .deploy }
    }

    /// Nil: all hosts.
    package var limit: [String]? { if case .cluster(let spec) = self { spec.limit } else { nil } }

    package var isCheck: Bool { if case .cluster(let spec) = self { spec.check } else { false } }

    var playbook: String {
        switch self {
        case .bootstrap: "create_users.yml"
        case .cluster(let spec):
            switch spec.action {
            case .start: "start.yml"
            case .stop: "stop.yml"
            case .deploy: "deploy.yml"
            }
        }
    }

    /// The value that a task carries: the members of the spec, those of a bootstrap below `bootstrap`.
    package var value: JSONValue {
        switch self {
        case .cluster(let spec): Self.encoded(spec)
        case .bootstrap(let spec): ["bootstrap": Self.encoded(spec)]
        }
    }

    package var text: String { Self.text(value) }

    /// Throws `invalid` naming every field that is wrong.
    package init(_ value: JSONValue) throws(MartletError) {
        if let bootstrap = value.object?["bootstrap"] {
            self = .bootstrap(try Self.decoded(bootstrap, "spec.bootstrap"))
        } else {
            self = .cluster(try Self.decoded(value, "spec"))
        }
        let problems = PlaybookChecks.problems(of: self)
        guard problems.isEmpty else { throw MartletError(.invalid, "the spec is not valid", problems: problems) }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    static func text(_ value: some Encodable) -> String {
        (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func encoded(_ spec: some Encodable) -> JSONValue {
        (try? JSONParser.parse(Array(text(spec).utf8))) ?? .null
    }

    private static func decoded<Spec: Decodable>(_ value: JSONValue, _ field: String) throws(MartletError) -> Spec {
        do {
            return try JSONDecoder().decode(Spec.self, from: encoder.encode(value))
        } catch {
            let path = [field] + ((error as? DecodingError).map(path) ?? [])
            throw MartletError(
                .invalid, "the spec is not valid",
                problems: [FieldProblem(field: path.joined(separator: "."), problem: "is missing or wrong")])
        }
    }

    private static func path(_ error: DecodingError) -> [String] {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.codingPath.map(\.stringValue)
        case .keyNotFound(let key, let context): context.codingPath.map(\.stringValue) + [key.stringValue]
        @unknown default: []
        }
    }
}

extension Run {
    /// Nil when it is no run of a playbook.
    package var playbookWork: PlaybookWork? {
        guard driver == PlaybookDriver.name, let spec = job.tasks.first?.spec else { return nil }
        return try? PlaybookWork(spec)
    }
}
