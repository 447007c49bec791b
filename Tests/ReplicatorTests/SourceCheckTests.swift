import ReplicationFixtures
import Replicator
import SQLClient
import Testing

/// contract §C.7.1, §F.34, §F.35
@Suite(.serialized)
struct SourceCheckTests {
    @Test(arguments: TestServer.available)
    func `a source that is set up well is taken`(product: TestServer.Product) throws {
        let session = try TestServer.shared(product).session()
        let facts = try SourceCheck(session).run()
        #expect(facts.serverID == 11 && facts.remarks.isEmpty)
        #expect((facts.serverUUID == nil) == (product == .maria))
    }

    @Test(arguments: TestServer.available)
    func `a setting that loses changes is refused by its name`(product: TestServer.Product) throws {
        let session = try TestServer.shared(product).session()
        var settings = [
            ("binlog_format", "STATEMENT", "ROW"), ("binlog_format", "MIXED", "ROW"),
            ("binlog_row_image", "MINIMAL", "FULL"), ("binlog_row_image", "NOBLOB", "FULL"),
        ]
        settings +=
            product == .maria
            ? [("binlog_alter_two_phase", "ON", "OFF")]
            : [("gtid_mode", "ON_PERMISSIVE", "ON"), ("binlog_row_value_options", "PARTIAL_JSON", "")]
        for (name, wrong, right) in settings {
            try session.run("SET GLOBAL \(name) = '\(wrong)'")
            let error = #expect(throws: SourceRefusal.self) { try SourceCheck(session).run() }
            try session.run("SET GLOBAL \(name) = '\(right)'")
            #expect(error?.name == name)
            #expect("\(String(describing: error))".uppercased().contains(right))
        }
        _ = try SourceCheck(session).run()
    }

    @Test(arguments: TestServer.available)
    func `a server without a binlog, or with a part of one, is refused`(product: TestServer.Product) throws {
        let silent = try TestServer.start(
            product,
            options: ["--skip-log-bin"]
                + (product == .mysql ? ["--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"] : []))
        let error = #expect(throws: SourceRefusal.self) { try SourceCheck(silent.session()).run() }
        #expect(error?.name == "log_bin")
        let partial = try TestServer.start(product, options: ["--binlog-ignore-db=secret"])
        let other = #expect(throws: SourceRefusal.self) { try SourceCheck(partial.session()).run() }
        #expect(other?.name == "binlog_ignore_db")
    }

    @Test(arguments: TestServer.available)
    func `a right that is missing is named`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let admin = try server.session()
        try admin.run("CREATE USER IF NOT EXISTS weak@'%' IDENTIFIED BY 'weak-password'")
        try admin.run("CREATE DATABASE IF NOT EXISTS weak")
        let settings = SQLSettings(
            address: .host("127.0.0.1", port: Int(server.port)), user: "weak", password: "weak-password")
        func missing(_ grants: [String]) throws -> String? {
            for grant in grants { try admin.run("GRANT \(grant) TO weak@'%'") }
            defer { for grant in grants { _ = try? admin.run("REVOKE \(grant) FROM weak@'%'") } }
            do {
                _ = try SourceCheck(SQLSession(settings)).run()
                return nil
            } catch let error as SourceRefusal { return error.name }
        }
        let revocable = { (grants: [String]) in try missing(grants) }
        #expect(try revocable(["SELECT ON weak.*"]) == "REPLICATION CLIENT")
        #expect(try revocable(["SELECT ON weak.*", "REPLICATION CLIENT ON *.*"]) == "REPLICATION SLAVE")
        #expect(try revocable(["REPLICATION SLAVE ON *.*", "REPLICATION CLIENT ON *.*"]) == "SELECT")
        #expect(try revocable(["SELECT ON weak.*", "REPLICATION SLAVE ON *.*", "REPLICATION CLIENT ON *.*"]) == nil)
    }
}
