import MartletCore
import Testing

@testable import Clusters

/// What Ansible reads, byte by byte.
@Suite struct PlaybookFileTests {
    // cluster-deploy contract §1.12
    @Test func `the inventory has the groups in their order`() {
        let text = PlaybookInventory.text(Sample.spec(ports: ["192.0.2.2": 2222, "192.0.2.3": 22]))
        #expect(
            text == """
                [servers]
                192.0.2.1 host_ip=192.0.2.1 host_name=easy1
                192.0.2.2 host_ip=192.0.2.2 host_name=easy2 ansible_port=2222
                192.0.2.3 host_ip=192.0.2.3 host_name=easy3

                [db_servers]
                192.0.2.1

                [zookeeper_servers]
                192.0.2.1 myid=1
                192.0.2.2 myid=2
                192.0.2.3 myid=3

                [master_servers]
                192.0.2.1
                192.0.2.2

                [worker_servers]
                192.0.2.1
                192.0.2.2
                192.0.2.3

                [api_servers]
                192.0.2.1

                [alert_servers]
                192.0.2.1

                [nginx_servers]
                192.0.2.1

                [all:vars]
                dolphinscheduler_version = 1.2.0
                deploy_dir = /home/easy/ds
                ansible_user = easy
                db_type = mysql
                db_name = dolphinscheduler
                db_username = easy

                """)
        #expect(
            PlaybookInventory.text(BootstrapSpec(hosts: [.init(ip: "192.0.2.1", port: 2022)]))
                == "[servers]\n192.0.2.1 ansible_ssh_user=root ansible_port=2022\n")
        #expect(PlaybookInventory.limit(["192.0.2.1", "192.0.2.2"]) == "192.0.2.1\n192.0.2.2\n")
    }

    @Test(arguments: [
        ("1.2.0", "1.2.0"), ("1.10", "'1.10'"), ("3", "'3'"), ("True", "'True'"), ("/a b", "'/a b'"),
        ("it's", #"'it\'s'"#), (#"a\"#, #"'a\\'"#), ("# c", "'# c'"), ("a=b", "'a=b'"), ("[1]", "'[1]'"),
        ("ds_1-x.y", "ds_1-x.y"), ("数据", "'数据'"),
    ])
    func `a value stays the text that it is`(_ text: String, _ literal: String) {
        #expect(PlaybookInventory.literal(text) == literal)
    }

    @Test func `variables hold the roles and the passwords, every text unsafe`() throws {
        let text = try PlaybookVariables.text(
            .cluster(Sample.spec()), PlaybookSecrets(database: "{{ 7*7 }}'\"\n", mail: "m"),
            .init(archives: "/arch", run: "r1", publicKey: "ssh-ed25519 AAAA martlet"))
        let value = try JSONParser.parse(Array(text.utf8))
        func unsafe(_ text: String) -> JSONValue { ["__ansible_unsafe": .string(text)] }
        #expect(
            value == [
                "db_password": unsafe("{{ 7*7 }}'\"\n"), "martlet_run": unsafe("r1"),
                "martlet_archives": unsafe("/arch"),
                "nginx": ["esc_proxy_port": 8888], "api": ["server.port": 12345],
                "alert": [
                    "alert.type": unsafe("mail"), "mail.sender": unsafe("a@b.c"), "mail.user": unsafe("a"),
                    "mail.passwd": unsafe("m"), "mail.server.host": unsafe("smtp.b.c"), "mail.server.port": 25,
                    "mail.smtp.ssl.enable": false, "mail.smtp.starttls.enable": true,
                ],
                "master": ["master.reserved.memory": .double(0.5)], "worker": ["worker.reserved.memory": .double(0.5)],
                "hadoop": ["fs.defaultFS": unsafe("file:///r")],
                "common": ["data.store2hdfs.basepath": unsafe("file:///r")],
                "zookeeper": ["zookeeper.quorum": unsafe("192.0.2.1:2181,192.0.2.2:2181,192.0.2.3:2181")],
            ])
    }

    @Test func `a mask without a password behind it is told`() {
        #expect(throws: MartletError.self) {
            try PlaybookVariables.text(
                .cluster(Sample.spec()), PlaybookSecrets(mail: "m"), .init(archives: nil, run: "r", publicKey: ""))
        }
    }

    @Test func `a bootstrap has its password in its variables alone`() throws {
        let work = PlaybookWork.bootstrap(BootstrapSpec(hosts: [.init(ip: "192.0.2.1")]))
        let text = try PlaybookVariables.text(
            work, PlaybookSecrets(root: "rootpw"), .init(archives: nil, run: "r", publicKey: "ssh-ed25519 A m"))
        let value = try JSONParser.parse(Array(text.utf8))
        #expect(value.object?["ansible_ssh_pass"] == ["__ansible_unsafe": "rootpw"])
        #expect(value.object?["username"] == ["__ansible_unsafe": "easy"])
        #expect(value.object?["martlet_public_key"] == ["__ansible_unsafe": "ssh-ed25519 A m"])
    }

    private func problems(_ spec: PlaybookSpec) -> [String] {
        do {
            _ = try PlaybookWork(PlaybookWork.cluster(spec).value)
            return []
        } catch {
            return error.problems.map(\.field)
        }
    }

    @Test(arguments: [
        "a\nb", "a\r", "{{ x }}", "{% if %}", "{# c #}", "a\u{2028}b", "a\u{85}b", "", "a\0b",
        String(repeating: "x", count: 2000),
    ])
    func `no value adds a line or a template`(_ text: String) {
        #expect(problems(Sample.spec(Sample.cluster(account: text))) == ["spec.cluster: db_username"])
        #expect(problems(Sample.spec(Sample.cluster(version: text))) == ["spec.cluster: dolphinscheduler_version"])
        #expect(problems(Sample.spec(Sample.cluster(directory: "/\(text)"))).isEmpty == text.isEmpty)
    }

    @Test(arguments: [
        "192.0.2.1 ansible_connection=local", "all", "192.0.2.1\n[x]", "192.0.2.01", "host", "", "192.0.2.256", "::1",
        "1.2.3",
    ])
    func `no host is more than an address`(_ host: String) {
        let found = problems(Sample.spec(Sample.cluster(hosts: [host])))
        #expect(found.contains("spec.cluster.hosts"))
    }

    @Test func `a spec names everything that is wrong`() {
        var spec = Sample.spec(limit: ["192.0.2.9"], ports: ["192.0.2.1": 0])
        spec.cluster.id = "../../etc"
        spec.cluster.base.deployUser = "root"
        spec.cluster.base.deployDir = "ds"
        #expect(
            problems(spec) == [
                "spec.cluster.id", "spec.cluster.base.deployUser", "spec.cluster.base.deployDir", "spec.limit",
                "spec.ports.192.0.2.1",
            ])
        #expect(problems(Sample.spec()).isEmpty)
        #expect(throws: MartletError.self) { try PlaybookWork(["cluster": 1]) }
        #expect(throws: MartletError.self) { try PlaybookWork(["bootstrap": ["hosts": [], "user": "easy"]]) }
    }
}
