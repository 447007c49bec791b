import Foundation
import MartletCore
import MartletYAML
import Testing

/// What can be told about the package without building it; `make test-deb` installs the real one.
@Suite struct PackagingTests {
    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Markdown.root.appending(path: path), encoding: .utf8)
    }

    @Test func `the unit leaves tasks alone and forbids them nothing`() throws {
        let lines = try Self.text("deploy/martlet.service").split(separator: "\n")
        for line in [
            "Type=notify", "User=martlet", "KillMode=process", "Delegate=yes", "OOMPolicy=continue",
            "Restart=on-failure", "StateDirectory=martlet", "StateDirectoryMode=0700", "LimitNOFILE=65536",
        ] { #expect(lines.contains { $0 == line }, "\(line)") }
        let page = try Self.text("docs/operating.md")
        for word in ["NoNewPrivileges", "MemoryDenyWriteExecute", "ProtectSystem"] {
            #expect(!lines.contains { $0.hasPrefix(word) }, "\(word)")
            #expect(page.contains(word), "the page says why there is no \(word)")
        }
    }

    @Test(arguments: ["\(UUID().uuidString.prefix(8))", "@martlet-\(UUID().uuidString)"])
    func `the server tells the service manager when it listens, and not before`(name: String) async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let script = """
            import os, socket, subprocess, sys
            name = sys.argv[1]
            manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            manager.bind(name.replace("@", "\\0"))
            manager.settimeout(300)
            command = ["martlet", "serve", "--data-dir", "data", "--listen", "127.0.0.1:0,127.0.0.1:0"]
            server = subprocess.Popen(command, env=os.environ | {"NOTIFY_SOCKET": name}, stdout=subprocess.PIPE)
            try:
                print(manager.recv(4096).decode())
                os.set_blocking(server.stdout.fileno(), False)
                print(server.stdout.read().decode().count("listening on"))
            finally:
                server.terminate()
                server.wait(300)
            """
        try script.write(to: shell.directory.appending(path: "manager.py"), atomically: true, encoding: .utf8)
        let result = try await shell.run("python3 manager.py \(name)")
        #expect(result.status == 0 && result.output.contains("READY=1\n2\n"), "\(result.output)")
    }

    @Test func `the man page tells every command and option, and the completions are scripts`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let help = try await shell.run("martlet --help").output
        let page = try await shell.run(
            "martlet --experimental-dump-help | scripts/man-page 9.8.7", in: Markdown.root)
        #expect(page.status == 0 && page.output.contains("9.8.7"), "\(page.output)")
        let commands = help.matches(of: /(?m)^  ([a-z]+) {2,}/).map { String($0.output.1) }
        #expect(commands.contains("serve"))
        for command in commands where command != "help" {
            #expect(page.output.contains(".SS martlet \(command)\n"), "\(command)")
        }
        #expect(page.output.contains("\\-\\-stop\\-runs") && page.output.contains("\\-\\-idempotency\\-key"))
        let completions = try await shell.run(
            """
            set -euo pipefail
            martlet --generate-completion-script bash >bash && bash -n bash && grep -q stop-runs bash
            martlet --generate-completion-script zsh >zsh && grep -q 'compdef martlet' zsh
            martlet --generate-completion-script fish >fish && grep -q "complete -c 'martlet'" fish
            ln -s "$(command -v martlet)" celery-service
            ./celery-service --experimental-dump-help >legacy && grep -q external-task-config legacy
            """)
        #expect(completions.status == 0, "\(completions.output)")
    }

    @Test func `the package's configuration is for this machine only`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let result = try await shell.run("martlet config --json --config deploy/martlet.yaml", in: Markdown.root)
        let settings = try JSONParser.parse(Array(result.output.utf8)).object?["settings"]?.array ?? []
        func value(_ key: String) -> String? {
            settings.compactMap(\.object).first { $0["key"]?.string == key }?["value"]?.string
        }
        #expect(value("listen") == "127.0.0.1:8080", "\(result.output)")
        #expect(value("dataDir") == "/var/lib/martlet")
        #expect(value("jobsDir") == "/etc/martlet/jobs.d")
    }

    @Test func `the container listens with a token and keeps its data in a volume`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let file = try Self.text("deploy/Containerfile")
        let listen = try #require(file.firstMatch(of: /MARTLET_LISTEN='(.*)'/)?.output.1)
        let config = try await shell.run("martlet config", environment: ["MARTLET_LISTEN": String(listen)])
        #expect(config.status == 0 && config.output.contains("token"), "\(config.output)")
        for line in ["USER martlet", "VOLUME /var/lib/martlet", "STOPSIGNAL SIGTERM"] {
            #expect(file.contains("\n\(line)\n"), "\(line)")
        }
        let command = try #require(file.firstMatch(of: /\nCMD (\[.*\])/)?.output.1)
        let words = try JSONParser.parse(Array(command.utf8)).array?.compactMap(\.string) ?? []
        let known = try await shell.run("martlet \(words.joined(separator: " ")) --help")
        #expect(words.first == "serve" && known.status == 0, "\(known.output)")

        let compose = try YAMLDocument.parse(Self.text("deploy/compose.yaml"))
        let service = compose.object?["services"]?.object?["martlet"]?.object
        #expect(service?["ports"]?.array?.compactMap(\.string) == ["127.0.0.1:8080:8080"])
        #expect(service?["volumes"]?.array?.first?.string == "data:/var/lib/martlet")
        #expect(compose.object?["volumes"]?.object?["data"] != nil)
    }

    @Test(arguments: [
        ("openssl genpkey -algorithm ed25519 -out some.txt", "private key"),
        ("openssl genrsa -traditional -out program.bin 2048 2>/dev/null", "private key"),
        ("touch admin.token", "name of a key"), ("touch server.pem", "name of a key"),
        ("echo token=mlt_$(printf 0123456789abcdef%.0s 1 2 3 4) >notes.txt", "API token"),
        ("echo 'clusters: {}\npassword: opensesame' >martlet.yaml", "password"),
        ("echo ssh-ed25519 AAAA$(printf abcdefghij%.0s 1 2 3 4 5) >keys.txt", "SSH public key"),
    ])
    func `a key, token or password in a package is found`(plant: String, finding: String) async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let result = try await shell.run(
            "mkdir root && (cd root && \(plant)) && \(Markdown.root.path)/scripts/scan-package root")
        #expect(result.status == 1 && result.output.contains(finding), "\(result.output)")
    }

    @Test func `what the package ships as text has no secret in it`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        for folder in ["deploy", "examples", "docs"] {
            let result = try await shell.run("scripts/scan-package \(folder)", in: Markdown.root)
            #expect(result.status == 0, "\(folder): \(result.output)")
        }
    }

    @Test func `the table of docs is that of the command that measures it`() async throws {
        let shell = try Shell()
        defer { shell.remove() }
        let rows = try await shell.run(
            """
            python3 -B -c 'from operating import clock, disk, kill, load, power, upgrade
            for row in (kill, power, disk, clock, upgrade, load): print(f"| {row.EVENT} | {row.PROMISE} |")'
            """, in: Markdown.root, environment: ["PYTHONPATH": "scripts"])
        let page = try Self.text("docs/operating.md")
        let lines = rows.output.split(separator: "\n")
        #expect(rows.status == 0 && lines.count == 6, "\(rows.output)")
        for line in lines { #expect(page.contains(line), "\(line)") }
    }
}
