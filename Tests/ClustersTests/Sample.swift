import MartletCore

@testable import Clusters

/// The document's cluster on three hosts.
enum Sample {
    static let hosts = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]

    static func cluster(
        version: String = "1.2.0", directory: String = "/home/easy/ds", account: String = "easy",
        password: JSONValue = .string(Cluster.mask), hosts: [String] = hosts
    ) -> Cluster {
        func role(_ name: RoleName, _ body: [String: JSONValue]?, _ count: Int) -> ClusterRole {
            ClusterRole(roleName: name, roleBody: body, roleDependHost: Array(hosts.prefix(count)))
        }
        return Cluster(
            id: "9df5a945", name: "one", status: .prepare, hosts: hosts,
            base: .init(version: version, deployUser: "easy", deployDir: directory),
            roles: [
                role(
                    .database,
                    [
                        "databaseType": "mysql", "databaseName": "dolphinscheduler", "account": .string(account),
                        "password": password,
                    ], 1),
                role(.backend, ["serverPort": 12345], 1), role(.frontend, ["escProxyPort": 8888], 1),
                role(.master, ["masterReservedMemory": .double(0.5)], 2),
                role(.worker, ["workerReservedMemory": .double(0.5)], 3),
                role(
                    .alert,
                    [
                        "alertType": "mail", "mailSender": "a@b.c", "mailUser": "a",
                        "mailPasswd": .string(Cluster.mask),
                        "mailServerHost": "smtp.b.c", "mailServerPort": 25, "mailSmtpSslEnable": false,
                        "mailSmtpStarttlsEnable": true,
                    ], 1),
                role(.zookeeper, nil, 3), role(.hadoop, ["fsDefaultFS": "file:///r"], 1),
                role(.common, ["dataStore2hdfsBasepath": "file:///r"], 1),
            ], remark: "")
    }

    static func spec(_ cluster: Cluster = cluster(), limit: [String]? = nil, ports: [String: Int] = [:]) -> PlaybookSpec
    {
        PlaybookSpec(cluster: cluster, version: 1, action: .deploy, limit: limit, ports: ports)
    }
}
