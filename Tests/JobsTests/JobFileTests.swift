import GoWire
import MartletCore
import Testing

@testable import Jobs

/// HCL to jobs. jobs-replication contract §F case 10, §B.2 (jobs/parse).
@Suite struct JobFileTests {
    private func answer(_ body: [UInt8]) throws -> JSONValue { try ParseRequest(body: body).answer() }

    private func refusal(_ text: String) -> String? {
        do throws(GoJSONError) {
            _ = try JobFile.json(text, isCanonical: true)
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: ["059", "060"])
    func `a recorded file is read as recorded`(_ number: String) throws {
        let recording = try Recording(number)
        #expect(differences("", try answer(recording.bytes), recording.body) == [])
    }

    @Test func `a file that ends too soon is refused with its place`() throws {
        let recording = try Recording("061")
        #expect(throws: GoJSONError(recording.body.string ?? "")) { try answer(recording.bytes) }
        #expect(throws: GoJSONError("Job spec is empty")) { try ParseRequest(body: Array("{}".utf8)) }
        #expect(throws: GoJSONError("EOF")) { try ParseRequest(body: []) }
    }

    /// dtle's manual writes both forms.
    @Test func `a block and an assigned object are the same`() throws {
        func file(_ sign: String) -> String {
            """
            # rows of one table
            job "orders" {
              datacenters = ["dc1"]
              group "src" {
                task "src" {
                  driver = "dtle"
                  config {
                    ReplicateDoDb = [{ TableSchema = "shop", Tables = [{ TableName = "orders", Where = "id > 5" }] }]
                    DropTableIfExists = true
                    ChunkSize = 2000
                    ConnectionConfig \(sign) {
                      Host = "127.0.0.1"
                      Port = 3307
                      User = "u"
                      Password = "p"
                    }
                  }
                }
              }
              group "dest" {
                task "dest" {
                  driver = "dtle"
                  config {
                    ConnectionConfig \(sign) { Host = "127.0.0.1" Port = 3308 User = "u" Password = "p" }
                  }
                }
              }
              reschedule { attempts = 1 interval = "30m" unlimited = false }
            }
            """
        }
        let block = try JobFile.json(file(""), isCanonical: false)
        #expect(try JobFile.json(file("="), isCanonical: false) == block)
        let spec = try JobFile.spec(file(""))
        #expect(spec.refusal() == nil)
        try #require(spec.groups.map(\.name) == ["src", "dest"])
        let config = spec.groups[0].tasks[0].config
        #expect(config["ConnectionConfig"] == [["Host": "127.0.0.1", "Port": 3307, "User": "u", "Password": "p"]])
        #expect(
            config["ReplicateDoDb"] == [
                ["TableSchema": "shop", "Tables": [["TableName": "orders", "Where": "id > 5"]]]
            ])
        #expect(spec.groups[0].reschedule?.interval == 1_800_000_000_000)
    }

    @Test func `every block is read`() throws {
        let spec = try JobFile.spec(
            """
            job "all" {
              datacenters = ["a", "b"] type = "batch" priority = "70" all_at_once = true region = "r"
              meta { k = "v" } meta { n = 3 }
              constraint { attribute = "${attr.kernel.name}" value = "linux" }
              constraint { distinct_hosts = true }
              constraint { distinct_hosts = false }
              constraint { attribute = "${node.class}" regexp = "^x" }
              affinity { attribute = "${meta.rack}" value = "r1" weight = -20 }
              spread { attribute = "${node.datacenter}" weight = 30 target "a" { percent = 60 } }
              periodic { cron = "0 3 * * *" prohibit_overlap = true time_zone = "Asia/Shanghai" }
              parameterized { payload = "required" meta_required = ["x"] meta_optional = ["y"] }
              task "alone" { driver = "raw_exec" config { command = "/bin/true" args = ["a", "b",] } }
              group "g" {
                count = 2
                shutdown_delay = "1s"
                restart { attempts = 4 interval = "1h30m" delay = "10s" mode = "delay" }
                ephemeral_disk { size = 500 sticky = true }
                network { mode = "host" port "http" { static = 8080 } port "admin" {} }
                vault { policies = ["p"] }
                task "t" {
                  driver = "exec" user = "nobody" leader = true kill_timeout = "1m" kill_signal = "SIGINT"
                  shutdown_delay = "2s"
                  env { A = "1" B = true }
                  resources { cpu = 200 memory = 64 network { mbits = 5 port "x" {} } }
                  logs { max_files = 2 max_file_size = 5 }
                  artifact { source = "http://h/f.tgz" options { checksum = "md5:0" } }
                  template { data = "x" destination = "local/x" change_mode = "signal" change_signal = "sighup" }
                  dispatch_payload { file = "in.json" }
                  service { name = "s" port = "x" tags = ["t"] check { type = "tcp" interval = "10s" timeout = "2s" } }
                }
              }
            }
            """)
        #expect(spec.priority == 70 && spec.allAtOnce && spec.region == "r" && spec.meta == ["k": "v", "n": "3"])
        #expect(spec.constraints.map(\.operand) == ["=", "distinct_hosts", "regexp"])
        #expect(spec.constraints.first?.left == "${attr.kernel.name}")
        #expect(spec.periodic?.spec == "0 3 * * *" && spec.periodic?.specType == "cron")
        #expect(spec.parameterized?.metaRequired == ["x"])
        try #require(spec.groups.map(\.name) == ["alone", "g"])
        let (alone, group) = (spec.groups[0], spec.groups[1])
        #expect(alone.tasks.map(\.name) == ["alone"] && alone.tasks[0].config["args"] == ["a", "b"])
        #expect(group.count == 2 && group.restart.interval == 5_400_000_000_000 && group.restart.mode == "delay")
        #expect(group.shutdownDelay == 1_000_000_000 && group.ephemeralDisk.sizeMB == 500)
        let network = try #require(group.json.object?.objects("Networks").first)
        #expect(network.objects("ReservedPorts").map { $0.text("Label") } == ["http"])
        #expect(network.objects("DynamicPorts").map { $0.text("Label") } == ["admin"])
        let task = group.tasks[0]
        #expect(task.env == ["A": "1", "B": "1"] && task.leader && task.killTimeout == 60_000_000_000)
        #expect(task.resources.cpu == 200 && task.resources.networks.count == 1 && task.logConfig.maxFiles == 2)
        #expect(task.dispatchPayloadFile == "in.json" && task.user == "nobody" && task.killSignal == "SIGINT")
        #expect(task.templates.first?.object?["ChangeSignal"] == "SIGHUP")
        #expect(task.artifacts.first?.object?["GetterOptions"] == ["checksum": "md5:0"])
        #expect(task.json.object?["Vault"]?.object?["Policies"] == ["p"])
        #expect(spec.json.object?.objects("Spreads").first?.objects("SpreadTarget").first?.text("Value") == "a")
    }

    @Test(arguments: [
        (#"jobs "a" {}"#, "1 error occurred:\n\t* invalid key: jobs\n\n"),
        ("", "'job' stanza not found"),
        (#"job {}"#, "error parsing 'job': 'job' block missing name"),
        (#"job "a" {} job "b" {}"#, "error parsing 'job': only one 'job' block allowed"),
        (#"job "a" { x = 1 }"#, "error parsing 'job': 1 error occurred:\n\t* job: invalid key: x\n\n"),
        (
            #"job "a" { group "g" { x = 1 } }"#,
            "error parsing 'job': 1 error occurred:\n\t* group: 'g' -> invalid key: x\n\n"
        ),
        (
            #"job "a" { group "g" { task "t" { restart { x = 1 } } } }"#,
            "error parsing 'job': 1 error occurred:\n\t* group: 'g', task: 't', restart -> invalid key: x\n\n"
        ),
        (
            #"job "a" { group "g" { restart { delay = "x" } } }"#,
            "error parsing 'job': group: 'g', restart -> 1 error(s) decoding:\n\n* error decoding 'Delay': time: invalid duration \"x\""
        ),
        (#"job "a" { update {} update {} }"#, "error parsing 'job': update -> only one 'update' block allowed"),
        (
            #"job "a" { group "g" {} group "g" {} }"#,
            "error parsing 'job': group: group 'g' defined more than once"
        ),
    ])
    func `a wrong file is refused in the original's words`(_ file: String, _ text: String) {
        #expect(refusal(file) == text)
    }
}
