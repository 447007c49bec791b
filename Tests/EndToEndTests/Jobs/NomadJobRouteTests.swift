import Foundation
import MartletCore
import Testing

/// The native calls about jobs of the job API.
@Suite struct NomadJobRouteTests {
    @Test func `one answer tells everything about a job, progress and results of its tasks included`() async throws {
        let nomad = try await JobServer()
        let script = """
            echo '{"v": 1, "progress": 0.5, "message": "half", "result": {"stage": "full", "delay": 3}}' >>$MARTLET_PROGRESS
            sleep 600
            """
        let job = JobServer.job("sync/one", script, type: "service", group: ["Update": ["MinHealthyTime": 100_000_000]])
        let reply = try await nomad.server.call(.POST, "/api/nomad-jobs", body: ["job": job["Job"]])
        #expect(reply.status == 202 && reply.json["id"] == "sync/one" && reply.json["warnings"] == "", "\(reply.text)")
        #expect(reply.header("Location") == "/api/nomad-jobs/sync%2Fone")
        let path = "/api/nomad-jobs/sync%2Fone"
        let found: JSONValue = try await eventually("the task tells its stage") {
            let job = try await nomad.server.call(.GET, path).json
            let isTold =
                job["allocations"][0]["tasks"][0]["stage"] == "full" && job["deployment"]["status"] == "successful"
            return isTold ? job : nil
        }
        #expect(found["status"] == "running" && found["version"] == 0 && found["stopped"] == false)
        #expect(found["groups"]["g"]["running"] == 1 && found["evaluations"][0]["status"] == "complete")
        let allocation = found["allocations"][0]
        #expect(allocation["group"] == "g" && allocation["status"] == "running" && allocation["healthy"] == true)
        let task = allocation["tasks"][0]
        #expect(task["progress"] == .double(0.5) && task["delay"] == 3)
        #expect(task["message"] == "half" && task["state"] == "running")
        #expect(task["events"].array?.map { $0["type"] } == ["Received", "Task Setup", "Started"], "\(task)")
        let run = try #require(task["run"].string)
        #expect(try await nomad.server.run(run)["labels"]["nomad/job"] == "sync/one")
        let list = try await nomad.server.call(.GET, "/api/nomad-jobs?prefix=sync/").json["items"]
        #expect(list.array?.count == 1 && list[0]["id"] == "sync/one")

        let stopped = try await nomad.server.call(.POST, path + "/stop", body: ["purge": false])
        #expect(stopped.status == 202 && stopped.json["evaluation"].string?.count == 36)
        let end: JSONValue = try await eventually("the job is dead") {
            let job = try await nomad.server.call(.GET, path).json
            return job["status"] == "dead" ? job : nil
        }
        #expect(end["stopped"] == true && end["allocations"][0]["desired"] == "stop")
        #expect(try await nomad.server.call(.POST, path + "/stop", body: ["purge": true]).status == 202)
        #expect(try await nomad.server.call(.GET, path).status == 404)
    }

    @Test func `all allocations are counted where only the newest are shown`() async throws {
        let nomad = try await JobServer()
        let job = JobServer.job(
            "many", "test $NOMAD_ALLOC_INDEX -gt 1",
            group: [
                "Count": 55, "RestartPolicy": ["Attempts": 0, "Interval": 1_000_000_000_000, "Mode": "fail"],
                "ReschedulePolicy": ["Attempts": 0, "Unlimited": false],
            ])
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs", body: ["job": job["Job"]]).status == 202)
        let end: JSONValue = try await eventually("the job is dead") {
            let job = try await nomad.server.call(.GET, "/api/nomad-jobs/many").json
            return job["status"] == "dead" ? job : nil
        }
        #expect(end["allocations"].array?.count == 50)
        let count: JSONValue = [
            "version": 0, "total": 55, "pending": 0, "running": 0, "complete": 53, "failed": 2, "lost": 0, "stopped": 0,
        ]
        #expect(end["counts"] == .array([count]), "\(end["counts"])")
    }

    @Test func `what an id was before a purge is not told of what it is now`() async throws {
        let nomad = try await JobServer()
        let path = "/api/nomad-jobs/twice"
        let service = JobServer.job(
            "twice", "exec sleep 600", type: "service", group: ["Update": ["MinHealthyTime": 100_000_000]])
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs", body: ["job": service["Job"]]).status == 202)
        let former: JSONValue = try await eventually("the service is up") {
            let job = try await nomad.server.call(.GET, path).json
            return job["deployment"]["status"] == "successful" ? job : nil
        }
        #expect(try await nomad.server.call(.POST, path + "/stop", body: ["purge": true]).status == 202)
        let batch = JobServer.job("twice", "exit 0")
        let reply = try await nomad.server.call(.POST, "/api/nomad-jobs", body: ["job": batch["Job"]])
        #expect(reply.status == 202 && reply.json["version"] == 0, "\(reply.text)")
        let end: JSONValue = try await eventually("the batch is dead") {
            let job = try await nomad.server.call(.GET, path).json
            return job["status"] == "dead" ? job : nil
        }
        #expect(end["deployment"] == .null, "\(end["deployment"])")
        #expect(
            end["counts"].array?.count == 1 && end["counts"][0]["total"] == 1 && end["counts"][0]["complete"] == 1,
            "\(end)")
        let evaluations = (end["evaluations"].array ?? []).map { $0["id"] }
        let before = (former["evaluations"].array ?? []).map { $0["id"] }
        #expect(!before.isEmpty && !evaluations.contains { before.contains($0) }, "\(end["evaluations"])")
        #expect(evaluations.contains(reply.json["evaluation"]))
    }

    @Test func `a paused job keeps its place and goes on there`() async throws {
        let nomad = try await JobServer()
        let job = JobServer.job("web", "exec sleep 600", type: "service")
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs", body: ["job": job["Job"]]).status == 202)
        func task(_ state: String) async throws -> JSONValue {
            try await eventually("the task is \(state)") {
                let job = try await nomad.server.call(.GET, "/api/nomad-jobs/web").json
                return job["allocations"][0]["tasks"][0]["state"].string == state ? job : nil
            }
        }
        let before = try await task("running")
        #expect(before["paused"] == false)
        let paused = try await nomad.server.call(.POST, "/api/nomad-jobs/web/pause")
        #expect(paused.status == 200 && paused.json["paused"] == true, "\(paused.text)")
        let between = try await task("pending")
        #expect(between["allocations"][0]["id"] == before["allocations"][0]["id"])
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs/web/resume").json["paused"] == false)
        let after = try await task("running")
        #expect(after["allocations"].array?.count == 1)
        #expect(after["allocations"][0]["id"] == before["allocations"][0]["id"])
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs/none/pause").status == 404)
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs/web/stop").status == 202)
        #expect(try await nomad.server.call(.POST, "/api/nomad-jobs/web/pause").status == 409)
    }

    @Test func `what is wrong is told with its field, and nothing is registered`() async throws {
        let nomad = try await JobServer()
        let cases: [(JSONValue, String, String)] = [
            ([:], "job", "send one of job"), (["job": [:], "hcl": "x"], "job", "send one of job"),
            (["job": 7], "job", "must be an object"), (["hcl": "job \"a\" {"], "hcl", ""),
            (["job": ["ID": "x"]], "job", "Missing job datacenters"),
            (["job": ["ID": 7]], "job", "json: cannot unmarshal"),
            (["jb": [:]], "jb", "unknown key"),
            (
                [
                    "job": [
                        "ID": "x", "Region": "mars", "Datacenters": ["dc1"],
                        "TaskGroups": [
                            ["Name": "g", "Tasks": [["Name": "t", "Driver": "raw_exec", "Config": ["command": "x"]]]]
                        ],
                    ]
                ], "job", "No path to region"
            ),
        ]
        for (body, field, words) in cases {
            let reply = try await nomad.server.call(.POST, "/api/nomad-jobs", body: body)
            #expect(reply.status == 400 && reply.json["code"] == "invalid", "\(reply.text)")
            let found = reply.json["errors"].array ?? []
            #expect(
                found.contains { $0["field"].string == field && $0["problem"].string?.hasPrefix(words) == true },
                "\(reply.text)")
        }
        #expect(try await nomad.server.call(.GET, "/api/nomad-jobs").json["items"] == [])
        let made = try await nomad.server.call(.POST, "/api/tokens", body: ["name": "runner", "role": "run"])
        let runner = ["Authorization": "Bearer \(made.json["token"].string ?? "")"]
        let job = JobServer.job("own", "exit 0")["Job"]
        let refused = try await nomad.server.call(.POST, "/api/nomad-jobs", body: ["job": job], headers: runner)
        #expect(refused.status == 403 && refused.json["code"] == "forbidden", "\(refused.text)")
    }
}
