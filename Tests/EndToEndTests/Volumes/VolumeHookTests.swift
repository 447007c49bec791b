import Foundation
import MartletCore
import Testing

/// What runs before and after a backup.
@Suite struct VolumeHookTests {
    /// Writes what it is told to a file of the site.
    private static func telling(_ name: String, then: String = "true", timeout: String = "5m") -> String {
        #"{runner: host, timeout: \#(timeout), command: [sh, -c, "echo $MARTLET_VOLUME_PATH $MARTLET_OUTCOME >>$SITE/\#(name); \#(then)"]}"#
    }

    private func told(_ name: String, _ site: VolumeSite) -> String? {
        (try? String(contentsOfFile: site.scratch.path(name), encoding: .utf8))?.trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    @Test func `both are told about the volume, and the one after it about the outcome`() async throws {
        let site = try VolumeSite(
            rules: "[{mode: full, pre: \(Self.telling("before")), post: \(Self.telling("after"))}]")
        let server = try await site.server()
        #expect(try await server.backup()["outcome"] == "ok")
        #expect(told("before", site) == site.path(VolumeSite.first))
        #expect(told("after", site) == "\(site.path(VolumeSite.first)) ok")
    }

    // backup contract §7.3 C14, F15
    @Test func `a failing hook before it keeps the backup from being made, and the other one still runs`() async throws
    {
        let site = try VolumeSite(
            rules: "[{mode: full, pre: \(Self.telling("before", then: "exit 1")), post: \(Self.telling("after"))}]")
        let server = try await site.server()
        let run = try await server.backup()
        #expect(run["state"] == "failed" && run["exitCode"] == 0 && run["outcome"] == "exit", "\(run)")
        #expect(told("after", site) == "\(site.path(VolumeSite.first)) exit", "\(run)")
        #expect(try await server.versions().isEmpty)
    }

    // backup contract §7.3 C14
    @Test func `a hook that takes too long is ended`() async throws {
        let slow = Self.telling("before", then: "sleep 600", timeout: "2s")
        let site = try VolumeSite(rules: "[{mode: full, pre: \(slow), post: \(Self.telling("after"))}]")
        let run = try await site.server().backup()
        #expect(run["state"] == "failed" && run["outcome"] == "timeout", "\(run)")
        #expect(told("after", site) == "\(site.path(VolumeSite.first)) timeout")
    }

    // backup contract §7.3 C14
    @Test func `a failing hook after it is a warning, and the backup is kept`() async throws {
        let site = try VolumeSite(rules: "[{mode: full, post: \(Self.telling("after", then: "exit 1"))}]")
        let server = try await site.server()
        let run = try await server.backup()
        #expect(run["state"] == "succeeded" && run["outcome"] == "warning", "\(run)")
        #expect(try await server.versions().count == 1)
    }

    // backup contract §7.3 C15
    @Test func `the hook after a failed backup runs and knows`() async throws {
        let site = try VolumeSite(
            rules: "[{mode: full, post: \(Self.telling("after"))}]",
            bin: ["restic": "#!/bin/sh\n[ \"$1\" != backup ] || exit 1\nexec /usr/bin/restic \"$@\"\n"])
        let run = try await site.server().backup()
        #expect(run["state"] == "failed", "\(run)")
        #expect(told("after", site) == "\(site.path(VolumeSite.first)) exit", "\(run)")
    }

    /// As `docker exec -e NAME=VALUE… CONTAINER PROGRAM…` does, with the container's files below the site.
    private static let docker = """
        #!/bin/sh
        set -eu
        echo "$*" >>"$SITE/docker.calls"
        case $1 in
        inspect) exec cat "$SITE/pid" ;;
        exec) shift ;;
        *) exit 64 ;;
        esac
        while [ "$1" = -e ]; do export "$2"; shift 2; done
        [ "$1" = c1 ] || { echo "no such container: $1" >&2; exit 1; }
        program=$2
        shift 2
        exec "$SITE/container$program" "$@"
        """

    // rulings §9: hook runners
    @Test func `a container's hook is named from the app's directory, and no shell sees its arguments`() async throws {
        let hook = #"{runner: container, command: [freeze.sh, "a b; touch $SITE/shell", "$(id)"]}"#
        let site = try VolumeSite(rules: "[{mode: full, pre: \(hook)}]", bin: ["docker": Self.docker])
        try await site.shell(
            """
            mkdir -p '\(site.scratch.path("container/lain/app"))'
            printf '#!/bin/sh\\necho "$1|$2|$MARTLET_VOLUME" >"$SITE/hooked"\\n' >'\(site.scratch.path("container/lain/app/freeze.sh"))'
            chmod 755 '\(site.scratch.path("container/lain/app/freeze.sh"))'
            """)
        let server = try await site.server()
        #expect(try await server.backup()["outcome"] == "ok")
        #expect(told("hooked", site) == "a b; touch $SITE/shell|$(id)|/data")
        #expect(!FileManager.default.fileExists(atPath: site.scratch.path("shell")))
        // The engine's password is not for hooks.
        #expect(told("docker.calls", site)?.contains("RESTIC") == false)
        // The other instance's container is another one.
        let run = try await server.backup(VolumeSite.second)
        #expect(run["state"] == "failed", "\(run)")
    }

    // rulings §9: a real nsenter into a namespace
    @Test func `a hook enters the namespaces of the container's first process`() async throws {
        let hook = #"{runner: nsenter, command: [/bin/sh, -c, "cat /proc/sys/kernel/hostname"], timeout: 5m}"#
        let site = try VolumeSite(rules: "[{mode: full, pre: \(hook)}]", bin: ["docker": Self.docker])
        let container = try Child(
            [
                "/usr/bin/unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--mount-proc", "/bin/sh",
                "-c", "hostname inner-host && echo ready && exec sleep 600",
            ], environment: Server.environment, directory: site.scratch.url, name: "container")
        defer { container.end() }
        try await eventually("the container runs") {
            (try? String(contentsOf: container.output, encoding: .utf8))?.contains("ready") == true ? true : nil
        }
        // The child of `unshare` is the first process inside.
        try await site.shell("pgrep -P \(container.pid) >'\(site.scratch.path("pid"))'")
        let server = try await site.server()
        let run = try await server.backup()
        #expect(run["outcome"] == "ok", "\(run)")
        #expect(try await server.server.log(run["id"].string ?? "", "?task=pre").contains("inner-host"))
        try await site.shell("kill -9 $(cat '\(site.scratch.path("pid"))') || true")
    }
}
