import Foundation
import MartletCore
import MartletEngine
import Testing

@testable import Clusters

@Suite struct PlaybookRunTests {
    private static let settings = PlaybookSettings(
        playbooks: "/p", callbacks: "/c", ansible: "/a/ansible-playbook", dataDirectory: "/d")
    private let driver = PlaybookDriver(martlet: "/bin/martlet") { PlaybookRunTests.settings }
    private static let work = PlaybookWork.cluster(Sample.spec())

    private func run(_ work: PlaybookWork = work, code: Int32? = nil, results: [String: JSONValue] = [:]) throws -> Run
    {
        let job = PlaybookJob.job(work)
        var run = Run(
            id: RunID(high: 1, low: 1), job: job, params: [:], key: PlaybookJob.key, labels: job.labels,
            trigger: Trigger(source: "api"), createdAt: Date(milliseconds: 0))
        let end = Date(milliseconds: 5000)
        _ = try run.apply(.claim, at: end)
        run.report.results = results
        guard let code else { return run }
        let exit = TaskExit(ending: .exited(code: code), endedAt: end)
        _ = try run.apply(.taskFinished(exit, driver.verdict(exit, of: job.tasks[0], run.report)), at: end)
        return run
    }

    @Test func `a run is one worker with the spec in its arguments and no password`() throws {
        let task = PlaybookJob.job(Self.work).tasks[0]
        let argv = try driver.plan(
            TaskContext(
                address: TaskAddress(run: RunID(high: 1, low: 1), attempt: 1, task: 0), task: task, jobName: nil,
                params: [:]))
        #expect(Array(argv.prefix(2)) == ["/bin/martlet", "playbook-worker"])
        #expect(try PlaybookWork(JSONParser.parse(Array(argv[3].utf8))) == Self.work)
        #expect(task.timeout == .seconds(7200))
        #expect(
            PlaybookJob.job(Self.work).labels == [
                "clusters/id": "9df5a945", "clusters/name": "one", "clusters/action": "deployupdate",
            ])
    }

    @Test func `a spec of thousands of hosts comes in several arguments`() throws {
        let hosts = (0..<5000).map { "10.1.\($0 / 250).\($0 % 250)" }
        var cluster = Sample.cluster(hosts: hosts)
        for index in cluster.roles.indices { cluster.roles[index].roleDependHost = hosts }
        let work = PlaybookWork.cluster(Sample.spec(cluster))
        var task = PlaybookJob.job(work).tasks[0]
        task.spec = work.value
        let argv = try driver.plan(
            TaskContext(
                address: TaskAddress(run: RunID(high: 1, low: 1), attempt: 1, task: 0), task: task, jobName: nil,
                params: [:]))
        #expect(argv.count > 4 && argv.allSatisfy { $0.utf8.count < 128 << 10 })
        #expect(try PlaybookWork(JSONParser.parse(Array(argv[3...].joined().utf8))) == work)
    }

    @Test func `a failure says what the events proved`() throws {
        let failed = try run(code: PlaybookOutcome.unproven, results: ["problem": "192.0.2.2 unreachable"])
        #expect(failed.reason == .exitedSaying(task: "playbook", code: 20, note: "192.0.2.2 unreachable"))
        #expect(try run(code: 0).state == .succeeded)
        let summary = driver.summary(
            of: try run(code: 0, results: ["tasks": "3/3", "changed": 0, "failedHosts": ["h"]]))
        #expect(
            summary
                == RunSummary(
                    subject: "one", action: "deployupdate", count: "3/3", hasChanges: false, failures: ["h"]))
    }

    // cluster-deploy contract §1.7
    @Test func `the signal follows the run`() throws {
        #expect(ResultSignal.of(try run()) == ResultSignal(type: .deploy, success: false, over: false))
        #expect(ResultSignal.of(try run(code: 0)) == ResultSignal(type: .deploy, success: true, over: true))
        #expect(ResultSignal.of(try run(code: 2)) == ResultSignal(type: .deploy, success: false, over: true))
        let bootstrap = PlaybookWork.bootstrap(BootstrapSpec(hosts: [.init(ip: "192.0.2.1")]))
        #expect(ResultSignal.of(try run(bootstrap, code: 0))?.type == .deploy)
    }

    // cluster-deploy contract §1.6
    @Test func `an action ends in its own states`() {
        let all = ClusterAction.allCases.flatMap { action in
            [true, false].map { ClusterStatus.after(action, succeeded: $0).rawValue }
        }
        #expect(
            all == ["startsuccess", "startfailure", "stopsuccess", "stopfailure", "deploysuccess", "deployfailure"])
    }

    @Test func `Ansible gets no secret, and what it needs`() throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "playbook-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        let files = try PlaybookFiles("r.1.0", in: scratch)
        let spec = PlaybookSpec(
            cluster: Sample.cluster(), version: 1, action: .stop, check: true, limit: ["192.0.2.1"])
        var command = PlaybookCommand(
            settings: Self.settings, playbooks: "/p", files: files, work: .cluster(spec), key: "/k", worker: 7)
        #expect(
            command.arguments == [
                "/a/ansible-playbook", "-i", files.inventory, "-e", "@\(files.variables)", "--check", "--diff",
                "--limit", "@\(files.limit)", "stop.yml",
            ])
        let environment = command.environment([
            "CLUSTER_SECRET_DATABASE": "x", "CLUSTER_SECRET_MAIL": "x", "CLUSTER_SECRET_ROOT": "x",
            "MARTLET_PROGRESS": "/x", "MARTLET_RUN": "r.m", "PATH": "/bin", "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1",
            "ANSIBLE_LOG_PATH": "/l",
        ])
        #expect(environment.values.allSatisfy { $0 != "x" })
        #expect(environment["MARTLET_PROGRESS"] == nil && environment["MARTLET_RUN"] == "r.m")
        #expect(environment["MARTLET_EVENTS"] == files.events && environment["PATH"] == "/bin")
        #expect(environment["ANSIBLE_DISPLAY_ARGS_TO_STDOUT"] == "0" && environment["ANSIBLE_LOG_PATH"] == "/dev/null")
        #expect(
            environment["ANSIBLE_SSH_ARGS"]?.contains("UserKnownHostsFile=/d/clusters/9df5a945.known_hosts") == true)
        #expect(environment["ANSIBLE_SSH_CONTROL_PATH"] == "/proc/7/cwd/s/%%C")
        command = PlaybookCommand(
            settings: Self.settings, playbooks: "/p", files: files,
            work: .bootstrap(BootstrapSpec(hosts: [.init(ip: "192.0.2.1")])), key: "/k", worker: 7)
        #expect(command.arguments.suffix(3) == ["create_users.yml", "-u", "root"])
        #expect(command.environment([:])["ANSIBLE_SSH_ARGS"]?.contains("ControlMaster=no") == true)
    }
}
