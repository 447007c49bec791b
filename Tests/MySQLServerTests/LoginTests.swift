import Foundation
import MySQLWire
import ReplicationFixtures
import Testing

/// contract §D.2 and §F.34: how a connection is made, protected and refused.
@Suite(.serialized)
struct LoginTests {
    private func settings(
        _ server: TestServer, _ user: String, _ password: String, _ tls: ConnectionSettings.TLS
    ) -> ConnectionSettings {
        var settings = ConnectionSettings(
            address: .host("127.0.0.1", port: server.port), user: user, password: password)
        settings.tls = tls
        settings.attributes = ["program_name": "martlet"]
        return settings
    }

    private func user(_ server: TestServer) throws -> String {
        let name = "u\(UInt32.random(in: 0...UInt32.max))"
        let root = try server.connect()
        defer { root.close() }
        try root.query("CREATE USER \(name)@'%' IDENTIFIED BY 'geheim🐦'")
        return name
    }

    private func cipher(_ settings: ConnectionSettings) throws -> String? {
        let connection = try MySQLConnection(settings)
        defer { connection.close() }
        try connection.ping()
        return try connection.query("SHOW STATUS LIKE 'Ssl_cipher'").text(0, 1)
    }

    @Test(arguments: TestServer.available)
    func `a password opens with and without TLS, a second time by the cache`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let name = try user(server)
        // Without TLS the first login of MySQL needs the server's key, the second is answered from its cache.
        #expect(try cipher(settings(server, name, "geheim🐦", .off)) == "")
        #expect(try cipher(settings(server, name, "geheim🐦", .off)) == "")
        let other = try user(server)
        #expect(try cipher(settings(server, other, "geheim🐦", .required))?.isEmpty == false)
        #expect(try cipher(settings(server, other, "geheim🐦", .preferred))?.isEmpty == false)
    }

    @Test(arguments: TestServer.available)
    func `a wrong password is refused with the server's words`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let name = try user(server)
        for tls in [ConnectionSettings.TLS.off, .required] {
            #expect {
                _ = try MySQLConnection(settings(server, name, "wrong", tls))
            } throws: { error in
                guard case .server(1045, "28000", let message)? = error as? WireError else { return false }
                return message.contains("Access denied for user '\(name)'")
            }
        }
    }

    @Test(arguments: TestServer.available)
    func `a certificate is verified as far as the settings say`(product: TestServer.Product) throws {
        let server = try TestServer.shared(product)
        let name = try user(server)
        var settings = settings(server, name, "geheim🐦", .verifyAuthority)
        #expect(throws: WireError.self) { _ = try MySQLConnection(settings) }
        settings.authorityFile = server.authorityFile
        #expect(try cipher(settings)?.isEmpty == false)
        settings.tls = .verifyName
        if product == .maria {
            #expect(try cipher(settings)?.isEmpty == false)
            settings.address = .host("localhost", port: server.port)
            #expect(try cipher(settings)?.isEmpty == false)
        } else {
            // The certificate that MySQL makes for itself names no address.
            #expect {
                _ = try MySQLConnection(settings)
            } throws: { error in
                if case .tls? = error as? WireError { true } else { false }
            }
        }
    }

    @Test(.enabled(if: TestServer.mysql9 != nil))
    func `the password never leaves without protection when the key is refused`() throws {
        let server = try TestServer.shared(.mysql)
        var settings = settings(server, try user(server), "geheim🐦", .off)
        settings.publicKey = .refuse
        #expect {
            _ = try MySQLConnection(settings)
        } throws: { error in
            if case .authentication? = error as? WireError { true } else { false }
        }
    }

    @Test(arguments: TestServer.available)
    func `the server lists our attributes and NULL, empty and large values come back`(
        product: TestServer.Product
    ) throws {
        let server = try TestServer.shared(product)
        let connection = try server.connect { $0.attributes = ["program_name": "martlet"] }
        let result = try connection.query("SELECT NULL, '', REPEAT('x', 20000000), 'ü🐦'")
        #expect(result.text(0, 0) == nil)
        #expect(result.text(0, 1) == "")
        #expect(result.rows[0][2]?.count == 20_000_000)
        #expect(result.text(0, 3) == "ü🐦")
        #expect(throws: WireError.self) { try connection.query("SELECT * FROM nowhere.nothing") }
        #expect(try connection.query("DO 1").affectedRows == 0)
        let listed = try connection.query(
            "SELECT ATTR_VALUE FROM performance_schema.session_account_connect_attrs "
                + "WHERE PROCESSLIST_ID = CONNECTION_ID() AND ATTR_NAME = 'program_name'")
        if product == .mysql { #expect(listed.text(0, 0) == "martlet") }
    }

    @Test(arguments: TestServer.available)
    func `a slow answer ends with a timeout that says what was waited for`(product: TestServer.Product) throws {
        let connection = try TestServer.shared(product).connect { $0.readTimeout = .seconds(3) }
        #expect(throws: WireError.timeout(waiting: "the answer to a query", seconds: 3)) {
            try connection.query("SELECT SLEEP(60)")
        }
    }

    @Test func `a closed port is a failure to connect`() {
        var settings = ConnectionSettings(address: .host("127.0.0.1", port: 1), user: "u", password: "p")
        settings.connectTimeout = .seconds(30)
        #expect {
            _ = try MySQLConnection(settings)
        } throws: { error in
            guard case .connect(let address, _)? = error as? WireError else { return false }
            return address == "127.0.0.1:1"
        }
    }
}
