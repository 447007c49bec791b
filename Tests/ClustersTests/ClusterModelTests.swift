import Foundation
import MartletCore
import Testing

@testable import Clusters

@Suite struct ClusterModelTests {
    // cluster-deploy contract §1.6: every status × every operation
    @Test func `a status allows what the document's table says, and nothing else`() {
        let table: [ClusterStatus: Set<ClusterOperation>] = [
            .prepare: [.deploy, .delete],
            .cancel: [.edit],
            .deploysuccess: [.cancel, .start, .stop, .delete],
            .deployfailure: [.edit, .deploy, .delete],
            .startsuccess: [.stop],
            .startfailure: [.start, .delete],
            .stopsuccess: [.edit, .deploy, .delete],
            .stopfailure: [.stop],
        ]
        for status in ClusterStatus.allCases {
            for operation in ClusterOperation.allCases {
                let isAllowed = table[status]?.contains(operation) ?? false
                #expect(status.permits(operation) == isAllowed, "\(operation) in \(status)")
            }
        }
    }

    // cluster-deploy contract §1.5
    @Test(arguments: [
        (25, 1, 0..<10), (25, 3, 20..<25), (25, 4, 20..<25), (25, 1_000_000, 20..<25), (20, 2, 10..<20),
        (20, 3, 10..<20),
        (1, 1, 0..<1), (0, 1, 0..<0), (10, 2, 0..<10), (25, 0, 0..<0), (25, -1, 0..<0),
    ])
    func `a page beyond the last one is the last one`(_ total: Int, _ number: Int, _ items: Range<Int>) {
        #expect(Array(ClusterPage.slice(Array(0..<total), number)) == Array(items))
    }

    // cluster-deploy contract §1.3: RFC 4122 version 3 of the DNS namespace
    @Test func `ids are the first digits of the name-based UUID of name and second`() throws {
        let zone = try #require(TimeZone(identifier: "Asia/Shanghai"))
        // uuid3(NAMESPACE_DNS, "myTest1" + "20200210162116")
        let now = Date(timeIntervalSince1970: 1_581_322_876)
        let ids = ClusterID.candidates(for: "myTest1", at: now, zone: zone)
        #expect(ids.first == "29f6030a")
        #expect(Set(ids).count == ids.count && ids.allSatisfy { $0.utf8.count == 8 })
        #expect(ids[1] == ClusterID.candidates(for: "myTest1", at: now.addingTimeInterval(1), zone: zone).first)
    }

    @Test func `versions before 1.2 and what is none are refused`() {
        for text in ["1.2.0", "1.2", "1.3.9", "2.0.0", "3.2.2", "1.10.0", "3.0.0-beta-2", "1.2.0-SNAPSHOT"] {
            #expect(ClusterText.versionProblem(text) == nil, "\(text)")
        }
        for text in [
            "", "1", "1.1.9", "0.9.0", "1.2.0;x", "1.2.0 ", "v1.2.0", "1..2", "1.2.", ".1.2", "1.2.0-", "1.2.x",
            "1.2.0/..",
            "1.2.3.4.5", "12345.0", "１.２.０",
        ] {
            #expect(ClusterText.versionProblem(text) != nil, "\(text)")
        }
    }

    @Test func `addresses, users and directories have one plain form`() {
        for text in ["192.0.2.1", "0.0.0.0", "255.255.255.255"] { #expect(ClusterText.isIPv4(text), "\(text)") }
        for text in [
            "", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1 ", "192.0.2.1\n", "::1", "host", "1.2.3.4.5",
            "-1.2.3.4",
        ] {
            #expect(!ClusterText.isIPv4(text), "\(text)")
        }
        for text in ["easy", "_x", "a-b_9"] { #expect(ClusterText.isUser(text), "\(text)") }
        for text in ["", "root", "-x", "9a", "Easy", "a b", "a;b", String(repeating: "a", count: 33)] {
            #expect(!ClusterText.isUser(text), "\(text)")
        }
        for text in ["/home/easy/ds", "/a", "/opt/ds-1.2_x"] { #expect(ClusterText.isDirectory(text), "\(text)") }
        for text in ["", "/", "a", "/a/", "/a//b", "/a/../b", "/a/./b", "/a b", "/a;b", "/-rf", "/a\n", "/{{x}}"] {
            #expect(!ClusterText.isDirectory(text), "\(text)")
        }
    }

    @Test func `what comes first in the replaced system's order is told first`() {
        var draft = ClusterDraft()
        draft.name = "one"
        draft.hosts = ["bad"]
        #expect(ClusterRefusal.draft(draft.problems()).legacyText.hasPrefix("主机信息错误"))
        draft.hosts = ["192.0.2.1"]
        #expect(ClusterRefusal.draft(draft.problems()).legacyText.hasPrefix("基础信息错误"))
        draft.base = Cluster.Base(version: "1.2.0", deployUser: "easy", deployDir: "/home/easy/ds")
        #expect(ClusterRefusal.draft(draft.problems()).legacyText.hasPrefix("角色信息错误"))
        draft.name = "a\u{7}b"
        #expect(ClusterRefusal.draft(draft.problems()).legacyText.hasPrefix("参数错误"))
    }

    @Test func `values of a role are checked by their kind, and passwords are not repeated`() {
        func problem(_ role: RoleName, _ key: String, _ value: JSONValue) -> String? {
            RoleBody.problems([key: value], of: role).first { $0.field == key }?.problem
        }
        for value: JSONValue in [0, 65_536, "8888", .double(1.5), true] {
            #expect(problem(.frontend, "escProxyPort", value) != nil, "\(value)")
        }
        #expect(problem(.frontend, "escProxyPort", 8888) == nil)
        for value: JSONValue in [0, 4, .double(0.5)] { #expect(problem(.master, "masterReservedMemory", value) == nil) }
        for value: JSONValue in [-1, "1", .double(.infinity)] {
            #expect(problem(.master, "masterReservedMemory", value) != nil)
        }
        for value: JSONValue in ["true", 1] { #expect(problem(.alert, "mailSmtpSslEnable", value) != nil) }
        #expect(problem(.database, "databaseType", "MySQL") != nil)
        #expect(problem(.database, "account", "a\nb") != nil && problem(.database, "account", "{{ x }}") != nil)
        #expect(problem(.database, "password", "{{ 7*7 }}'\"") == nil)
        let wrong = problem(.database, "password", "hush\nhush")
        #expect(wrong != nil && wrong?.contains("hush") == false)
        #expect(RoleBody.flat(["serverPort": 1, "more": 2], of: .backend) == ["serverPort": 1])
        #expect(RoleBody.flat(["backend": ["serverPort": 1]], of: .backend) == ["serverPort": 1])
    }

    @Test func `the web server is a role of its own before version 3 only`() {
        #expect(RoleName.mandatory(version: "2.0.9").contains(.frontend))
        #expect(!RoleName.mandatory(version: "3.1.0").contains(.frontend))
    }

    @Test func `a difference tells role, key and values, and of passwords that they changed`() throws {
        func side(_ port: Int64, _ password: String, hosts: [String]) -> ClusterDifference.Side {
            ClusterDifference.Side(
                cluster: Cluster(
                    id: "", name: "one", status: .prepare, hosts: hosts,
                    base: Cluster.Base(version: "1.2.0", deployUser: "easy", deployDir: "/ds"),
                    roles: [
                        ClusterRole(
                            roleName: .backend, roleBody: ["serverPort": .int(port)], roleDependHost: ["192.0.2.1"]),
                        ClusterRole(
                            roleName: .database, roleBody: ["password": .string(Cluster.mask)],
                            roleDependHost: ["192.0.2.1"]),
                    ], remark: ""), secrets: ["database": Secret(password)])
        }
        let old = side(1, "first password", hosts: ["192.0.2.1"])
        #expect(ClusterDifference.changes(from: old, to: old).isEmpty)
        let changes = ClusterDifference.changes(
            from: old, to: side(2, "second password", hosts: ["192.0.2.1", "192.0.2.2"]))
        #expect(
            changes == [
                ClusterChange(
                    role: nil, key: "hosts", before: ["192.0.2.1"], after: ["192.0.2.1", "192.0.2.2"]),
                ClusterChange(role: .backend, key: "serverPort", before: 1, after: 2),
                ClusterChange(
                    role: .database, key: "password", before: .string(Cluster.mask), after: .string(Cluster.mask)),
            ])
        #expect(ClusterDifference.changes(from: nil, to: old).allSatisfy { $0.before == nil })
    }

    @Test func `what a run makes of its cluster is told by the run alone`() throws {
        let cluster = Cluster(
            id: "0a1b2c3d", name: "one", status: .prepare, hosts: ["192.0.2.1", "192.0.2.2"],
            base: Cluster.Base(version: "1.2.0", deployUser: "easy", deployDir: "/ds"), roles: [], remark: "")
        let driver = PlaybookDriver(martlet: "/martlet") {
            PlaybookSettings(playbooks: "/p", callbacks: "/c", dataDirectory: "/d")
        }
        func yields(
            _ action: ClusterAction, exit code: Int32?, check: Bool = false, limit: [String]? = nil,
            key: String? = ClusterLock.key
        ) throws -> [RunYield] {
            let spec = PlaybookSpec(cluster: cluster, version: 4, action: action, check: check, limit: limit)
            let now = Date(timeIntervalSince1970: 0)
            let job = PlaybookJob.job(.cluster(spec))
            var run = Run(
                id: RunID(high: 1, low: 1), job: job, params: [:], key: key, labels: job.labels,
                trigger: Trigger(source: "test"), createdAt: now)
            if let code {
                let exit = TaskExit(ending: .exited(code: code), endedAt: now)
                _ = try run.apply(.claim, at: now)
                _ = try run.apply(.taskFinished(exit, Verdict(of: exit)), at: now)
            } else {
                _ = try run.apply(.stop(.user), at: now)
            }
            return driver.yields(of: run)
        }
        func end(_ status: ClusterStatus, _ deploy: ClusterEnd.Deploy? = nil) -> [RunYield] {
            [.cluster(ClusterEnd(cluster: cluster.id, status: status.rawValue, deploy: deploy))]
        }
        #expect(try yields(.deploy, exit: 0) == end(.deploysuccess, .succeeded(version: 4)))
        #expect(try yields(.deploy, exit: 2) == end(.deployfailure, .failed))
        #expect(try yields(.start, exit: 0) == end(.startsuccess))
        #expect(try yields(.stop, exit: 2) == end(.stopfailure))
        #expect(try yields(.deploy, exit: 0, check: true).isEmpty)
        // What went well on some hosts is not true of all; what failed there is.
        #expect(try yields(.stop, exit: 0, limit: ["192.0.2.1"]).isEmpty)
        #expect(try yields(.stop, exit: 2, limit: ["192.0.2.1"]) == end(.stopfailure))
        #expect(try yields(.stop, exit: 0, limit: ["192.0.2.2", "192.0.2.1"]) == end(.stopsuccess))
        // Submitted past the cluster.
        #expect(try yields(.stop, exit: 0, key: nil).isEmpty)
        // It was ended before it began.
        #expect(try yields(.deploy, exit: nil).isEmpty)
    }
}
