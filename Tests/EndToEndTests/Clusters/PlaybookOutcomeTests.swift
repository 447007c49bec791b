import Foundation
import MartletCore
import Testing

/// How runs of real playbooks end.
@Suite struct PlaybookOutcomeTests {
    private static let hello = PlaybookSite.play(
        """
        - name: say {{ host_name }}
          ansible.builtin.command: echo hello {{ host_name }}
        - name: keep the password
          ansible.builtin.copy: {content: "{{ db_password }}", dest: "DIR/out/{{ host_ip }}"}
          no_log: true
        - name: tell it
          ansible.builtin.debug: {msg: "it is {{ db_password }}"}
        """)

    // cluster-deploy contract §1.7, §1.12, §6 cases 16 and 37
    @Test func `a run that is clean everywhere succeeds and leaves no password`() async throws {
        let site = try PlaybookSite(Self.hello)
        let server = try await site.server()
        let run = try await server.run()
        #expect(run["state"] == "succeeded", "\(run)")
        #expect(run["results"]["tasks"] == "3/3" && run["results"]["failedHosts"] == [])
        // Not a template, whatever it looks like.
        for host in PlaybookSite.hosts { #expect(site.read("out/\(host)") == PlaybookSite.password) }
        let id = try #require(run["id"].string)
        let log = try await server.server.log(id)
        #expect(log.hasPrefix("deployupdate\n") && log.contains("PLAY RECAP"))
        let structure = try await server.structure(id)
        #expect(structure["hasRecap"] == true && structure["tasksExpected"] == 3 && structure["tasksBegun"] == 3)
        #expect(structure["hosts"].array?.map { $0["standing"] } == ["clean", "clean"])
        #expect(structure["tasks"].array?.map { $0["results"] } == ["cc", "cc", "oo"])
        #expect(try await server.events(id).first?["event"] == "begin")
        #expect(try site.leaks() == [])
        #expect(site.leftovers() == [])
        #expect(site.processes("ansible").isEmpty)
    }

    // case 34, §4.3
    @Test(arguments: [
        (PlaybookSite.play("- ansible.builtin.command: /bin/false"), "2 of 2 hosts are not clean", 2),
        (PlaybookSite.play("- ansible.builtin.debug:", hosts: "nobody_servers"), "2 of 2 hosts are not clean", 20),
        (PlaybookSite.play("- ansible.builtin.debug:", hosts: "db_servers"), "127.0.0.2 not reached", 20),
        ("- hosts: [\n", "no recap", 4), (PlaybookSite.play("- no_such_module: {}"), "no recap", 4),
        (
            PlaybookSite.play(
                "- ansible.builtin.command: /bin/false\n  ignore_errors: true\n- ansible.builtin.meta: clear_host_errors"
            ),
            "Every task ended well", 0
        ),
    ])
    func `exit code, recap and every host decide`(_ playbook: String, _ words: String, _ code: Int) async throws {
        let site = try PlaybookSite(playbook)
        let server = try await site.server()
        let run = try await server.run()
        #expect(run["state"] == (code == 0 ? "succeeded" : "failed"), "\(run)")
        if code != 0 { #expect(run["exitCode"] == .int(Int64(code)), "\(run)") }
        #expect(run["reason"]["en"].string?.contains(words) == true, "\(run["reason"])")
        #expect(site.leftovers().isEmpty)
    }

    // case 31
    @Test func `a host that cannot be reached fails the run`() async throws {
        let site = try PlaybookSite(
            """
            - hosts: servers
              gather_facts: false
              tasks:
                - ansible.builtin.raw: "true"
            """)
        let server = try await site.server()
        // Nobody listens there.
        let run = try await server.run(PlaybookServer.spec(ports: ["127.0.0.1": 1, "127.0.0.2": 1]))
        #expect(run["state"] == "failed" && run["exitCode"] == 4, "\(run)")
        #expect(run["reason"]["en"].string?.contains("127.0.0.1 unreachable") == true)
        let structure = try await server.structure(try #require(run["id"].string))
        #expect(structure["hosts"].array?.map { $0["standing"] } == ["unreachable", "unreachable"])
        #expect(structure["failedHosts"] == ["127.0.0.1", "127.0.0.2"])
    }

    @Test func `a playbook without a recap proves nothing`() async throws {
        // Whoever writes between the events cannot make a success of a failure.
        let site = try PlaybookSite(
            PlaybookSite.play(
                """
                - name: break the events
                  ansible.builtin.shell: |
                    f=$(ls DIR/data/clusters/runs/*/events.jsonl) && rm "$f" && echo junk >"$f"
                  when: host_name == 'easy1'
                """))
        let server = try await site.server()
        // The worker has the file open that is gone: it sees what Ansible writes there.
        #expect(try await server.run()["state"] == "succeeded")
        try site.write(
            PlaybookSite.play("- ansible.builtin.shell: kill -9 $(pgrep -o -f 'DIR.*deploy[.]yml')"),
            to: "playbooks/deploy.yml")
        let run = try await server.run()
        #expect(run["state"] == "failed", "\(run)")
        #expect(run["reason"]["en"].string?.contains("no recap") == true, "\(run["reason"])")
        #expect(site.leftovers().isEmpty)
    }

    @Test func `a check shows the difference and changes nothing, a limit leaves the others alone`() async throws {
        let site = try PlaybookSite(
            PlaybookSite.play(#"- ansible.builtin.copy: {content: "new\n", dest: "DIR/out/{{ host_ip }}"}"#))
        let server = try await site.server()
        try site.write("old\n", to: "out/127.0.0.1")
        let check = try await server.run(PlaybookServer.spec(check: true, limit: ["127.0.0.1"]))
        #expect(check["state"] == "succeeded" && site.read("out/127.0.0.1") == "old\n", "\(check)")
        let events = try await server.events(try #require(check["id"].string))
        let diff = events.compactMap { $0["diff"].string }.first
        #expect(diff?.contains("-old") == true && diff?.contains("+new") == true, "\(events)")
        let run = try await server.run(PlaybookServer.spec(limit: ["127.0.0.2"]))
        #expect(run["state"] == "succeeded")
        #expect(site.read("out/127.0.0.1") == "old\n" && site.read("out/127.0.0.2") == "new\n")
    }

    @Test func `what is missing is told before anything starts`() async throws {
        let site = try PlaybookSite(Self.hello)
        let server = try await site.server()
        let run = try await server.run(PlaybookServer.spec(action: "start"))
        #expect(run["reason"]["en"].string?.contains("there is no playbook") == true, "\(run)")
        let bare = try await server.run(PlaybookServer.spec(), ["secrets": [:]])
        #expect(bare["reason"]["en"].string?.contains("the database password of this run is not stored") == true)
        let wrong = try await server.server.call(
            .POST, "/api/runs",
            body: ["tasks": [["name": "p", "driver": "playbook", "spec": PlaybookServer.spec(hosts: ["all"])]]])
        #expect(wrong.status == 400 && wrong.text.contains("spec.cluster.hosts"))
        #expect(site.leftovers().isEmpty)
    }
}
