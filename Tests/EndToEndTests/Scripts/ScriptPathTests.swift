import Foundation
import MartletCore
import Testing

/// The spelling of names in paths, as measured at the replaced service.
@Suite(.few) struct ScriptPathTests {
    static let spellings: [(name: String, path: String)] = [
        ("TendbCluster", "tendb-cluster"), ("TenDBCluster", "ten-db-cluster"), ("tendbcluster", "tendbcluster"),
        ("TendbHA", "tendb-ha"), ("TenDBHA", "ten-dbha"), ("tendbha", "tendbha"), ("TendbSingle", "tendb-single"),
        ("TenDBSingle", "ten-db-single"), ("Redis", "redis"), ("RedisInstance", "redis-instance"),
        ("RedisCluster", "redis-cluster"), ("PredixyRedisCluster", "predixy-redis-cluster"),
        ("PredixyTendisplusCluster", "predixy-tendisplus-cluster"),
        ("TwemproxyTendisSSDInstance", "twemproxy-tendis-ssd-instance"),
        ("TendisSSDInstance", "tendis-ssd-instance"), ("sqlsvr", "sqlsvr"), ("sqlserver_single", "sqlserver-single"),
        ("sqlserver_ha", "sqlserver-ha"), ("SqlserverHA", "sqlserver-ha"), ("MongoDB_Sharded", "mongo-db-sharded"),
        ("MongoDB", "mongo-db"), ("mongodb", "mongodb"), ("MongoReplicaSet", "mongo-replica-set"),
        ("MongoShardedCluster", "mongo-sharded-cluster"), ("MySQL", "my-sql"), ("mysql", "mysql"),
        ("MySQL57", "my-sql-57"), ("mysql8", "mysql-8"), ("Mysql8Cluster", "mysql-8-cluster"), ("es", "es"),
        ("ES", "es"), ("Es7", "es-7"), ("elasticsearch7.10", "elasticsearch-7-10"), ("kafka", "kafka"),
        ("Hdfs", "hdfs"), ("Pulsar", "pulsar"), ("doris", "doris"), ("influxdb", "influxdb"),
        ("InfluxDB", "influx-db"), ("TBinlogDumper", "t-binlog-dumper"), ("SQLServer", "sql-server"),
        ("SQLSvr", "sql-svr"), ("riak", "riak"), ("Dbmon", "dbmon"), ("vm", "vm"), ("Root", "root"),
        ("ROOT", "root"), ("demo1", "demo-1"), ("demo-1", "demo-1"), ("demo_1", "demo-1"), ("Demo1", "demo-1"),
        ("demo2", "demo-2"), ("demopython", "demopython"), ("shell-echo", "shell-echo"),
        ("shell_echo", "shell-echo"), ("Shell Echo", "shell-echo"), ("shell--echo", "shell--echo"),
        ("Counter", "counter"), ("HTTPServer2Go", "http-server-2-go"), ("JSONData", "json-data"),
        ("userID", "user-id"), ("ID", "id"), ("UserIDs", "user-i-ds"), ("A", "a"), ("AB", "ab"), ("ABc", "a-bc"),
        ("aB", "a-b"), ("aBC", "a-bc"), ("a1", "a-1"), ("1a", "1-a"), ("A1B2", "a-1-b-2"), ("v2", "v-2"),
        ("V2Beta", "v-2-beta"), ("job1to2", "job-1-to-2"), ("__x__", "--x--"), ("-x-", "-x-"), ("a.b.c", "a-b-c"),
        ("R.O.O.T", "r-o-o-t"), ("..", "--"), ("中文任务", "中文任务"), ("été", "été"),
    ]

    @Test func `every name of the table is served at its path`() async throws {
        // contract §5 case 5: each spelling is the name of a task in a cluster type of its own
        let server = try await ScriptServer(
            Self.spellings.enumerated().map { index, spelling in
                Fixtures.task(Fixtures.quoted(spelling.name), executable: "echo", in: "t\(Self.letters(index))")
            }.joined())
        let list = try await server.get("/list")
        let paths = Set((list.data.array ?? []).compactMap { $0["path"].string })
        for (index, spelling) in Self.spellings.enumerated() {
            let path = "t\(Self.letters(index))/\(spelling.path)"
            #expect(paths.contains("/sync/\(path)"), "\(spelling.name)")
            #expect(paths.contains("/async/\(path)"), "\(spelling.name)")
        }
        #expect(paths.count == 2 * Self.spellings.count + 2 + 5)
    }

    @Test func `a cluster type is spelt by the same rule`() async throws {
        // contract §5 case 5
        let types = ["TenDBHA", "Mysql8Cluster", "elasticsearch7.10", "中文任务", "UserIDs"]
        let server = try await ScriptServer(types.map { Fixtures.task("echo", executable: "echo", in: $0) }.joined())
        let urls = try await server.get("/discovery").data.array?.compactMap { $0["url"].string } ?? []
        for path in ["ten-dbha", "mysql-8-cluster", "elasticsearch-7-10", "中文任务", "user-i-ds"] {
            #expect(urls.contains(path + "/echo"), "\(path)")
        }
    }

    @Test func `a path of other letters is called by its percent-encoded form`() async throws {
        let server = try await ScriptServer(Fixtures.task("中文任务", executable: "echo 好"))
        let path = "中文任务".addingPercentEncoding(withAllowedCharacters: .alphanumerics.subtracting(.letters)) ?? ""
        #expect(path.hasPrefix("%E4"))
        #expect(try await server.post("/sync/test/\(path)").data == "好")
    }

    /// A word without digits for a number: digits would get dashes.
    private static func letters(_ number: Int) -> String {
        String(number).map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0.wholeNumberValue ?? 0))) }.joined()
    }
}
