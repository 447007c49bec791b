import Foundation
import MartletCore
import MartletTesting
import Testing

/// jobs-replication contract §B.2: the directories that tasks have, and what clients see of them.
@Suite struct JobDirectoryTests {
    @Test func `a task has its directories, and clients see all but the secret one`() async throws {
        let nomad = try await JobServer()
        let script = """
            pwd; echo "$NOMAD_TASK_DIR"; stat -c %a "$NOMAD_SECRETS_DIR"
            echo shared >"$NOMAD_ALLOC_DIR/data/s"; echo own >local/own; echo hush >"$NOMAD_SECRETS_DIR/p"
            ln -s ../secrets/p local/link; ln -s /etc local/etc; mkfifo local/pipe
            mkdir -p "tmp/$(printf 'd/%.0s' $(seq 100))"; touch "tmp/$(printf '\\377')"; ln -s ../../../.. tmp/up
            """
        try await nomad.register(JobServer.job("d", script))
        let all = try await nomad.allocations(of: "d") { $0.first?["ClientStatus"] == "complete" }
        let id = try #require(all[0]["ID"].string)
        let logs = try await nomad.send(.GET, "/client/fs/logs/\(id)?task=t&type=stdout&plain=true").text
        let root = nomad.server.data + "/allocations/\(id)"
        #expect(logs == "\(root)/t\n\(root)/t/local\n700\n")

        func names(_ path: String) async throws -> [String] {
            try await nomad.get("/client/fs/ls/\(id)?path=\(path)").array?.compactMap { $0["Name"].string } ?? []
        }
        #expect(try await names("/") == ["alloc", "t"])
        #expect(try await names("/alloc") == ["data", "logs", "tmp"])
        #expect(try await names("/t") == ["local", "secrets", "tmp"])
        #expect(try await names("/t/local") == ["own"])
        #expect(try await nomad.send(.GET, "/client/fs/cat/\(id)?path=alloc/data/s").text == "shared\n")
        #expect(try await nomad.send(.GET, "/client/fs/readat/\(id)?path=t/local/own&offset=1&limit=2").text == "wn")
        let stat = try await nomad.get("/client/fs/stat/\(id)?path=t/local/own")
        #expect(stat["Size"] == 4 && stat["IsDir"] == false && stat["FileMode"].string?.hasPrefix("-rw") == true)
        for path in ["t/secrets", "t/secrets/p", "/t/./secrets/p"] {
            for call in ["cat", "ls", "stat"] {
                let reply = try await nomad.send(.GET, "/client/fs/\(call)/\(id)?path=\(path)")
                #expect(reply.status == 500 && !reply.text.contains("hush"), "\(call) \(path) \(reply.text)")
            }
        }
        for path in ["t/local/link", "t/local/etc/passwd", "t/local/etc", "t/local/pipe", "nope", "t/local/own/x"] {
            #expect(try await nomad.send(.GET, "/client/fs/cat/\(id)?path=\(path)").status == 404, "\(path)")
        }
        let outside = try await nomad.send(.GET, "/client/fs/cat/\(id)?path=t/../../x")
        #expect(outside.status == 500 && outside.text == "Path escapes the alloc directory")

        // What a link leads to stays, and depth is no hindrance.
        let kept = nomad.server.data + "/kept"
        #expect(FileManager.default.createFile(atPath: kept, contents: nil))
        #expect(FileManager.default.fileExists(atPath: root))
        #expect(try await nomad.send(.DELETE, "/job/d?purge=true").status == 200)
        try await eventually("its directory is gone") {
            _ = try await nomad.send(.PUT, "/system/gc")
            return !FileManager.default.fileExists(atPath: root)
        }
        #expect(FileManager.default.fileExists(atPath: kept))
    }

    @Test func `a dispatch's payload is a file`() async throws {
        let nomad = try await JobServer()
        try await nomad.register(
            JobServer.job(
                "par", "stat -c %a local/in local/in/x.txt; cat local/in/x.txt",
                task: ["DispatchPayload": ["File": "in/x.txt"]],
                ["ParameterizedJob": ["Payload": "required"]]))
        let reply = try await nomad.send(.POST, "/job/par/dispatch", ["Payload": "aGkgdGhlcmU="])
        let child = try #require(reply.json["DispatchedJobID"].string, "\(reply.text)")
        let all = try await nomad.allocations(of: child) { $0.first?["ClientStatus"] == "complete" }
        let logs = "/client/fs/logs/\(all[0]["ID"].string ?? "")?task=t&type=stdout&plain=true"
        #expect(try await nomad.send(.GET, logs).text == "700\n600\nhi there")
        let wrong = JobServer.job(
            "esc", "true", task: ["DispatchPayload": ["File": "../x"]], ["ParameterizedJob": ["Payload": "optional"]])
        #expect(try await nomad.send(.POST, "/jobs", wrong).status == 500)
    }
}
