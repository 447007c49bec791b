package import Foundation
package import MySQLWire
package import SQLClient
internal import Synchronization

/// A real server in a data directory of its own, for the time of the test process. Its end of a pipe closing ends it.
package final class TestServer: Sendable {
    package enum Product: String, Sendable, CaseIterable {
        case maria
        case mysql
    }

    package let product: Product
    package let directory: URL
    package let port: UInt16
    private let lifeline: Pipe
    private let process: Mutex<Process>

    package var socket: String { directory.appendingPathComponent("s").path }

    private init(_ product: Product, program: String, options: [String]) throws {
        self.product = product
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "binlog-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // Servers remove what looks like leftovers from a shared one when they start.
        let temporary = directory.appendingPathComponent("tmp")
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
        port = try Self.freePort()
        lifeline = Pipe()
        let data = directory.appendingPathComponent("data").path
        try Self.install(product, program, data)
        var options = options
        if product == .maria { options += try Self.certificate(directory) }
        let arguments =
            [
                "--datadir=\(data)", "--socket=\(directory.path)/s", "--port=\(port)", "--bind-address=127.0.0.1",
                "--server-id=11", "--log-bin=bin", "--binlog-format=ROW", "--user=root",
                "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0",
                "--max-allowed-packet=1G", "--local-infile=ON", "--pid-file=\(directory.path)/pid",
                "--secure-file-priv=", "--tmpdir=\(temporary.path)",
            ] + options
        process = Mutex(try Self.start(program, arguments, lifeline, log: directory.appendingPathComponent("log")))
        try awaitConnection()
    }

    /// The child dies with this process: its reader sees the pipe's end. By its words the server is killed and started again.
    private static func start(_ program: String, _ arguments: [String], _ lifeline: Pipe, log: URL) throws -> Process {
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let script = #"""
            directory=$1; shift
            "$@" </dev/null & pid=$!
            while read word; do
                case $word in
                kill) kill -9 $pid ;;
                start) "$@" </dev/null & pid=$! ;;
                esac
            done
            kill -9 $pid; rm -rf "$directory"
            """#
        process.arguments =
            ["-c", script, "sh", log.deletingLastPathComponent().path, program, "--no-defaults"] + arguments
        if program.hasSuffix("mysqld") { process.arguments?.remove(at: 5) }
        process.standardInput = lifeline
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        try process.run()
        return process
    }

    private static func install(_ product: Product, _ program: String, _ data: String) throws {
        let process = Process()
        switch product {
        case .maria:
            process.executableURL = URL(fileURLWithPath: "/usr/bin/mariadb-install-db")
            process.arguments = [
                "--no-defaults", "--datadir=\(data)", "--auth-root-authentication-method=normal", "--skip-test-db",
                "--user=root",
            ]
        case .mysql:
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["--initialize-insecure", "--datadir=\(data)", "--user=root"]
        }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("the data directory could not be made") }
    }

    /// MySQL makes its own.
    private static func certificate(_ directory: URL) throws -> [String] {
        let (certificate, key) = ("\(directory.path)/cert.pem", "\(directory.path)/key.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("no certificate") }
        return ["--ssl-cert=\(certificate)", "--ssl-key=\(key)"]
    }

    /// Ends it as a crash would, and returns when it is gone.
    package func crash() throws {
        let text = try String(contentsOf: directory.appendingPathComponent("pid"), encoding: .utf8)
        let pid = text.filter(\.isNumber)
        try lifeline.fileHandleForWriting.write(contentsOf: Data("kill\n".utf8))
        let deadline = ContinuousClock.now + .seconds(300)
        while Self.isAlive(pid) {
            guard ContinuousClock.now < deadline else { throw Failure("the server was not killed") }
            usleep(10_000)
        }
    }

    /// One that nobody waits for stays as a zombie.
    private static func isAlive(_ pid: String) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return false }
        return !status.contains("State:\tZ")
    }

    /// Starts it on the same data and port, and returns when it answers.
    package func restart() throws {
        // It names a process that MySQL takes for alive: a zombie still has its number.
        try? FileManager.default.removeItem(atPath: "\(socket).lock")
        try lifeline.fileHandleForWriting.write(contentsOf: Data("start\n".utf8))
        try awaitConnection()
    }

    /// What it takes for a crash to lose nothing.
    package static let durable = ["--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1"]

    package var authorityFile: String {
        directory.appendingPathComponent(product == .maria ? "cert.pem" : "data/ca.pem").path
    }

    /// Below those that the system gives away: nobody gets it by chance until the server has it.
    private static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 12_000..<32_000)
            if isFree(port) { return port }
        }
        throw Failure("no free port")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private func awaitConnection() throws {
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            do {
                let connection = try connect()
                connection.close()
                return
            } catch {
                if ContinuousClock.now > deadline { throw error }
                usleep(50_000)
            }
        }
    }

    /// As root over the Unix socket.
    package func connect(_ change: (inout ConnectionSettings) -> Void = { _ in }) throws -> MySQLConnection {
        var settings = ConnectionSettings(address: .socket(path: socket), user: "root", password: "")
        settings.readTimeout = .seconds(300)
        change(&settings)
        return try MySQLConnection(settings)
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(_ description: String) { self.description = description }
    }
}

extension TestServer {
    /// Where an unpacked MySQL 9 stands (see scripts/mysql9), or nil, said loudly.
    package static let mysql9: String? = {
        let path = ProcessInfo.processInfo.environment["MYSQL9"] ?? ".build/mysql9/mysqld"
        if FileManager.default.isExecutableFile(atPath: path) { return path }
        print("WARNING: no MySQL 9 here: its tests are skipped. Get it by: scripts/mysql9 .build/mysql9")
        return nil
    }()

    package static let hasMaria = FileManager.default.isExecutableFile(atPath: "/usr/sbin/mariadbd")

    package static let available: [Product] = (hasMaria ? [.maria] : []) + (mysql9 == nil ? [] : [.mysql])

    /// A server of its own, for tests that end it or change how it works.
    package static func start(_ product: Product, options: [String] = []) throws -> TestServer {
        switch product {
        case .maria:
            try TestServer(
                .maria, program: "/usr/sbin/mariadbd", options: ["--binlog-row-metadata=FULL"] + options)
        case .mysql:
            try TestServer(
                .mysql, program: mysql9 ?? "",
                options: [
                    "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--binlog-row-metadata=FULL", "--mysqlx=OFF",
                ] + options)
        }
    }

    private static let maria = Result { try start(.maria) }
    private static let mysql = Result { try start(.mysql) }
    private static let mariaTarget = Result { try start(.maria, options: ["--server-id=12"]) }
    private static let mysqlTarget = Result { try start(.mysql, options: ["--server-id=12"]) }

    /// One server of each product serves all tests.
    package static func shared(_ product: Product) throws -> TestServer {
        switch product {
        case .maria: try maria.get()
        case .mysql: try mysql.get()
        }
    }

    /// A second one of each product, to write to.
    package static func sharedTarget(_ product: Product) throws -> TestServer {
        switch product {
        case .maria: try mariaTarget.get()
        case .mysql: try mysqlTarget.get()
        }
    }

    /// As root over the Unix socket.
    package var sqlSettings: SQLSettings { SQLSettings(address: .socket(path: socket), user: "root", password: "") }

    package func session() throws -> SQLSession { try SQLSession(sqlSettings) }
}
