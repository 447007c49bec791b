import Foundation
import MartletCore
import Testing

@testable import Scripts

@Suite struct CatalogTests {
    private func task(_ cluster: String, _ name: String) -> ScriptTask {
        ScriptTask(name: name, clusterType: cluster, program: .argv(["true"]))
    }

    private func run(of task: ScriptTask) -> Run {
        Run(
            id: RunID(high: 1, low: 1), job: task.job(ScriptSettings(collectDirectory: "")), params: [:], key: nil,
            labels: [:],
            trigger: Trigger(source: "test"), createdAt: Date(milliseconds: 0))
    }

    @Test(arguments: ["tendb-cluster/demo-1", "tendb-cluster/demo1", "tendbcluster/demo1", "TendbCluster/demo1"])
    func `a task answers to its canonical path and to the spellings of document and file`(_ path: String) {
        let catalog = Catalog([task("TendbCluster", "demo1")])
        #expect(catalog.entry(at: path)?.task.name == "demo1")
    }

    @Test func `a canonical path wins over another task's spelling, and a spelling of two tasks is nobody's`() {
        let catalog = Catalog([task("tendbha", "x"), task("TendbHA", "x"), task("A", "v1b"), task("a", "v1B")])
        #expect(catalog.entry(at: "tendbha/x")?.task.clusterType == "tendbha")
        #expect(catalog.entry(at: "tendb-ha/x")?.task.clusterType == "TendbHA")
        #expect(catalog.entry(at: "a/v1b") == nil, "two tasks are spelt so")
    }

    @Test func `tasks of one name have log files of their own`() {
        let tasks = [
            task("A", "same"), task("B", "same"), task("C", "中文"), task("D", "one two"), task("E", "celery-service"),
        ]
        let files = tasks.map { Catalog(tasks).logFile(of: run(of: $0)) }
        #expect(files == ["A.same", "B.same", "task_e4_b8_ad_e6_96_87", "one-two", "E.celery-service"])
        #expect(Catalog().logFile(of: run(of: task("Gone", "task"))) == "gone.task")
    }

    @Test(arguments: ["中文", "..", "-x-", "a b", "ü"]) func `a job's name is a token whatever the task's is`(
        _ name: String
    ) {
        #expect(Token.isValid(task("C", name).jobName), "\(task("C", name).jobName)")
        let long = String(repeating: name + "1", count: 20)
        let tasks = [task("C", long), task("D", long)]
        for task in tasks {
            #expect(Token.isValid(task.jobName))
            #expect(Catalog(tasks).logFile(of: run(of: task)).map(Token.isValid) == true)
        }
    }

    @Test func `different paths have different job names`() {
        #expect(task("C", "a_5f").jobName != task("C", "a_").jobName)
        #expect(task("C", "ü").jobName != task("C", "_c3_bc").jobName)
    }
}
