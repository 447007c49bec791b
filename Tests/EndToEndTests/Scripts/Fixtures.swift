/// The scripts that tests call, and the task file that names them: each is served at `test/f-NAME`.
enum Fixtures {
    static let scripts: [(name: String, text: String)] = [
        ("args", "#!/usr/bin/python3\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"),
        ("args.py", "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"),
        ("args.pl", "print join('|', @ARGV), \"\\n\";\n"),
        ("fail", "#!/bin/sh\necho out; echo boom >&2; exit \"$1\"\n"),
        ("lines", "#!/bin/sh\nseq -f 'line %.0f' 1 \"$1\"\n"),
        ("long", "#!/bin/sh\nhead -c \"$1\" /dev/zero | tr '\\0' x; printf '\\n%s\\n' \"$2\"\n"),
        ("raw", "#!/bin/sh\nprintf '\\377\\376'\n"),
        ("slow", "#!/bin/sh\nsleep \"$2\"; echo \"$1\"\n"),
        ("silent", "#!/bin/sh\n:\n"),
        ("bg", "#!/bin/sh\nsleep 600 &\necho $! > \"$1\"; echo started\n"),
        ("trapterm", "#!/bin/sh\ntrap '' TERM\necho $$ > \"$1\"\nwhile :; do sleep 0.2; done\n"),
        ("tree", tree), ("gate", gate), ("counter.sh", counter),
    ]

    /// A child, and a grandchild in a session of its own that is nobody's child and has no environment.
    private static let tree = """
        #!/usr/bin/python3
        import os, subprocess, sys, time
        def note(pid):
            with open(sys.argv[1], "a") as file: file.write(f"{pid}\\n")
        note(os.getpid())
        note(subprocess.Popen(["sleep", "300"]).pid)
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                note(os.getpid())
                os.execve("/bin/sleep", ["sleep", "300"], {})
            os._exit(0)
        os.wait()
        print("ready", flush=True)
        time.sleep(300)
        """

    /// Waits at ``Gate``: `gate PATH TEXT`.
    private static let gate = """
        #!/bin/sh
        exec 3<"$1"
        echo "$2" >> "$1.arrivals"
        echo "waiting"
        read -r _ <&3
        echo "$2"
        """

    /// Counts, and holds its last number at a gate when there is one.
    private static let counter = """
        #!/bin/sh
        i=1
        while [ "$i" -lt "$1" ]; do echo "$i: counted"; i=$((i + 1)); done
        if [ -n "$2" ]; then exec 3<"$2"; echo here >> "$2.arrivals"; read -r _ <&3; fi
        echo "$i: $(date)"
        """

    /// The tasks of the replaced service's own file, then the fixtures.
    static let tasks =
        """
        - name: shell-echo
          cluster_type: TendbCluster
          language: sh
          executable: echo hello $CS_DB_USER
          args: ["aaa", "bbb"]
          collected: false
        - name: shell-counter
          cluster_type: TendbCluster
          language: sh
          executable: counter.sh
          collected: true
        - name: demo1
          cluster_type: TendbCluster
          language: sh
          executable: echo hello
          args: ["aaa", "bbb"]
          collected: false

        """ + names.map { task("f_\($0)", "binary", executable: $0, collected: true) }.joined()

    private static let names = [
        "args", "fail", "lines", "long", "raw", "tree", "slow", "silent", "bg", "trapterm", "gate",
    ]

    /// One item of a task file; `more` are further lines such as `args: [a]`.
    static func task(
        _ name: String, _ language: String = "sh", executable: String, collected: Bool = false,
        in cluster: String = "test",
        _ more: String...
    ) -> String {
        """
        - name: \(name)
          cluster_type: \(cluster)
          language: \(language)
          executable: \(quoted(executable))
          collected: \(collected)

        """ + more.map { "  \($0)\n" }.joined()
    }

    /// A YAML text, whatever it contains.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
