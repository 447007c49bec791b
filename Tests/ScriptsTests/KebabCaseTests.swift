import Testing

@testable import Scripts

@Suite struct KebabCaseTests {
    /// Contract §1.3, measured.
    static let clusters = [
        ("TendbCluster", "tendb-cluster"), ("TenDBCluster", "ten-db-cluster"),
        ("tendbcluster", "tendbcluster"),
        ("TendbHA", "tendb-ha"), ("TenDBHA", "ten-dbha"), ("tendbha", "tendbha"),
        ("TendbSingle", "tendb-single"),
        ("TenDBSingle", "ten-db-single"), ("redis", "redis"), ("Redis", "redis"),
        ("RedisInstance", "redis-instance"),
        ("RedisCluster", "redis-cluster"), ("PredixyRedisCluster", "predixy-redis-cluster"),
        ("PredixyTendisplusCluster", "predixy-tendisplus-cluster"),
        ("TwemproxyTendisSSDInstance", "twemproxy-tendis-ssd-instance"),
        ("TendisSSDInstance", "tendis-ssd-instance"), ("sqlsvr", "sqlsvr"),
        ("sqlserver_single", "sqlserver-single"),
        ("sqlserver_ha", "sqlserver-ha"), ("SqlserverHA", "sqlserver-ha"),
        ("MongoDB_Sharded", "mongo-db-sharded"),
        ("MongoDB", "mongo-db"), ("mongodb", "mongodb"), ("MongoReplicaSet", "mongo-replica-set"),
        ("MongoShardedCluster", "mongo-sharded-cluster"), ("MySQL", "my-sql"), ("mysql", "mysql"),
        ("MySQL57", "my-sql-57"), ("mysql8", "mysql-8"), ("Mysql8Cluster", "mysql-8-cluster"),
        ("es", "es"),
        ("ES", "es"), ("Es7", "es-7"), ("elasticsearch7.10", "elasticsearch-7-10"), ("kafka", "kafka"),
        ("Hdfs", "hdfs"), ("Pulsar", "pulsar"), ("doris", "doris"), ("influxdb", "influxdb"),
        ("InfluxDB", "influx-db"), ("TBinlogDumper", "t-binlog-dumper"), ("SQLServer", "sql-server"),
        ("SQLSvr", "sql-svr"), ("riak", "riak"), ("Dbmon", "dbmon"), ("vm", "vm"),
    ]

    static let names = [
        ("root", "root"), ("Root", "root"), ("ROOT", "root"), ("demo1", "demo-1"), ("demo-1", "demo-1"),
        ("demo_1", "demo-1"), ("Demo1", "demo-1"), ("demo2", "demo-2"), ("demopython", "demopython"),
        ("shell-echo", "shell-echo"), ("shell_echo", "shell-echo"), ("Shell Echo", "shell-echo"),
        ("shell--echo", "shell--echo"), ("Counter", "counter"), ("HTTPServer2Go", "http-server-2-go"),
        ("JSONData", "json-data"), ("userID", "user-id"), ("ID", "id"), ("UserIDs", "user-i-ds"),
        ("A", "a"),
        ("AB", "ab"), ("ABc", "a-bc"), ("aB", "a-b"), ("aBC", "a-bc"), ("a1", "a-1"), ("1a", "1-a"),
        ("A1B2", "a-1-b-2"), ("v2", "v-2"), ("V2Beta", "v-2-beta"), ("job1to2", "job-1-to-2"),
    ]

    static let odd = [
        ("__x__", "--x--"), ("-x-", "-x-"), ("a.b.c", "a-b-c"), ("R.O.O.T", "r-o-o-t"), ("..", "--"),
        ("中文任务", "中文任务"), ("été", "été"), ("a/b", "a/b"), (":p", ":p"), ("*all", "*all"), ("", ""),
        ("  ", ""),
        (" \t\r\nName\u{2003}\u{85}", "name"), ("É", "É"), ("中A", "中a"), ("A中b1", "a中b-1"),
        ("a\tB", "a\tb"),
    ]

    @Test(arguments: clusters) func `cluster types get the recorded path`(
        _ text: String, _ path: String
    ) {
        #expect(KebabCase.path(text) == path)
    }

    @Test(arguments: names) func `names get the recorded path`(_ text: String, _ path: String) {
        #expect(KebabCase.path(text) == path)
    }

    @Test(arguments: odd) func `bytes without a class pass through`(_ text: String, _ path: String) {
        #expect(Array(KebabCase.path(text).utf8) == Array(path.utf8))
    }
}
