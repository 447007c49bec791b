import MartletCore
import Testing

@testable import CacheLoad

@Suite struct CacheRequestTests {
    private static func request(
        _ text: String, _ settings: CacheLoadSettings = CacheLoadSettings()
    ) throws -> CacheRequest { try CacheRequest(Array(text.utf8), settings) }

    @Test func `keys are read as Go reads them`() throws {
        let request = try Self.request(
            #"{"ACTION":"GooseFSList","Path":["/a"],"task_Name":null,"timeout":3,"x":1} junk"#)
        #expect(request.action == .list && request.paths == ["/a"] && request.timeout == 3 && request.taskName == nil)
        #expect(try Self.request(#"{"action":"GooseFSFree","path":["/a"],"timeout":-1}"#).timeout == nil)
        let named = try Self.request(#"{"action":"GooseFSForceLoad","path":["/a"],"test_task_name":"n"}"#)
        #expect(named.taskName == "n" && named.continuesAfterMetadata == nil)
    }

    /// cache-load contract §5 case 22.
    @Test func `wildcards and everything need a word`() throws {
        let wild = #"{"action":"GooseFSLoadMetadata","path":["/a/*"]}"#
        #expect(throws: CacheComplaint.self) { try Self.request(wild) }
        var settings = CacheLoadSettings()
        settings.allowWildcards = true
        #expect(try Self.request(wild, settings).paths == ["/a/*"])
        for path in ["/", "//", "/.", "/./", "/*", "/**", "/*/*", "//*/./**/"] {
            let body = "{\"action\":\"GooseFSFree\",\"path\":[\"\(path)\"],\"allow_wildcard\":true"
            #expect(throws: CacheComplaint.self, "\(path)") { try Self.request(body + "}") }
            #expect(try Self.request(body + ",\"confirm\":true}").isConfirmed)
        }
        #expect(try Self.request(#"{"action":"GooseFSDistributeLoad","path":["/"]}"#).paths == ["/"])
        #expect(!CachePath.isRoot("/*/a") && !CachePath.isRoot("/a/*"))
    }

    @Test func `of the paths that replaced services shared, the facade has its own`() {
        for path in [
            "/api/v1/gfs", "/api/v1/gfs/", "/api/v1/gfs/report", "/api/v1/status", "/hc/", "/swagger", "/swagger/x",
        ] {
            #expect(CacheLoadFacade.serves(path), "\(path)")
        }
        for path in ["/api/v1", "/api/v1/", "/api/v1/createCluster", "/api/v1/backup/x", "/api/v1/gfs/x", "/hcx", "/"] {
            #expect(!CacheLoadFacade.serves(path), "\(path)")
        }
    }

    @Test(arguments: [
        "", "a", "-R", "-Dx=y", " /a", "/a/../b", "/..", "..", "/a\u{0}", "/a\u{7F}", "/a\tb",
        "/" + String(repeating: "x", count: 4096), String(repeating: "/x", count: 101),
    ])
    func `a path that could mean something else is refused`(_ path: String) {
        #expect(CachePath.problem(in: path, allowingWildcards: true) != nil)
    }

    @Test(arguments: [
        "/", "/a b", "/a..b/...", "/数据/😀", "/a/-D", "/a//b/", "/" + String(repeating: "x", count: 4095),
        String(repeating: "//x", count: 100),
    ])
    func `any other is taken as it is`(_ path: String) throws {
        #expect(CachePath.problem(in: path, allowingWildcards: false) == nil)
        let task = CacheJob(action: .load, paths: [path], timeout: .seconds(1)).job.tasks[0]
        var settings = CacheLoadSettings()
        settings.bin = "/opt/goosefs"
        let context = TaskContext(
            address: TaskAddress(run: RunID(high: 0, low: 0), attempt: 1, task: 0), task: task, jobName: nil,
            params: [:])
        let argv = try CacheDriver(.load, CacheLoadSettingsBox(settings)).plan(context)
        #expect(argv == ["/opt/goosefs", "fs", "distributedLoad", "--replication", "1", path])
        #expect(argv.last.map { Array($0.utf8) } == Array(path.utf8))
    }

    @Test func `a claim is the place that a path means`() {
        func claim(_ path: String, _ action: CacheAction = .load) -> Claim? {
            CacheJob(action: action, paths: [path], timeout: .seconds(1)).claim
        }
        #expect(claim("/a//b/./c/")?.path == "/a/b/c" && claim("//")?.path == "/")
        #expect(claim("/a") != claim("/a", .metadata) && claim("/a", .list) == nil)
    }

    @Test func `a driver refuses what is not its own, and a task of a job file is checked like a request`() {
        func plan(_ spec: JSONValue, bin: String? = "/g", _ family: CacheDriver.Family = .load) -> [FieldProblem] {
            var settings = CacheLoadSettings()
            settings.bin = bin
            let context = TaskContext(
                address: TaskAddress(run: RunID(high: 0, low: 0), attempt: 1, task: 0),
                task: TaskSpec(name: "t", driver: family.rawValue, spec: spec), jobName: nil, params: [:])
            do throws(MartletError) {
                _ = try CacheDriver(family, CacheLoadSettingsBox(settings)).plan(context)
                return []
            } catch { return error.problems }
        }
        #expect(plan(["command": "distributedLoad", "path": "/a"]).isEmpty)
        #expect(plan(["command": "ls", "path": "/a"]).map(\.field) == ["command"])
        #expect(plan(["command": "free", "path": "/"], bin: "/g", .query).map(\.field) == ["path"])
        #expect(plan(["command": "distributedLoad", "path": "-Dx", "more": 1]).map(\.field) == ["path", "more"])
        #expect(plan(["command": "distributedLoad", "path": "/a"], bin: nil).map(\.field) == ["cacheLoad.bin"])
        #expect(plan(["path": "/a"]).map(\.field) == ["command"])
    }
}
