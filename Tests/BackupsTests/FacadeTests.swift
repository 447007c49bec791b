import GoWire
import HTTPTypes
import MartletCore
import Testing

@testable import Backups

/// Which call means what.
@Suite struct FacadeTests {
    private func route(_ method: HTTPRequest.Method, _ path: String) -> BackupRoute? {
        BackupPath(path).flatMap { BackupRoute(method, $0) }
    }

    private static let web = BackupRoute.Proc(app: "a.b", name: "web")

    // backup contract §1.6, §1.7: every route
    @Test(
        arguments: [
            (.get, "/api/v1/backup/json/app/a.b/proc/web", .backups(web)),
            (.get, "/api/v1/backup/filelist/app/a.b/proc/web/dir/x", .files(web, name: "x")),
            (.post, "/api/v1/backup/recover/app/a.b/proc/web/file/x", .recover(web, name: "x", needsFiles: true)),
            (.post, "/api/v1/backup/migrate/app/a.b/proc/web/file/x", .migrate(web, name: "x", needsFiles: true)),
            (
                .post, "/api/v1/backup/recover/increment/app/a.b/proc/web/dir/x",
                .recover(web, name: "x", needsFiles: true)
            ),
            (
                .post, "/api/v1/backup/migrate/increment/app/a.b/proc/web/dir/x",
                .migrate(web, name: "x", needsFiles: true)
            ),
            (.get, "/api/v1/cron/jobs/app/a.b", .jobs(app: "a.b", isWhole: true)),
            (.get, "/api/v1/cron/jobs/all", .allJobs),
            (.get, "/api/v1/cron/records/app/a.b", .records(app: "a.b")),
            (.get, "/api/v1/cron/record/app/a.b/id/r", .record(app: "a.b", id: "r")),
            (.post, "/api/v1/cron/once/app/a.b/id/j", .action(app: "a.b", id: "j", word: "run")),
            (.get, "/api/v2/app/a.b/proc/web/backups", .backups(web)),
            (.head, "/api/v2/app/a.b/proc/web/backups/", .backups(web)),
            (.get, "/api/v2/app/a.b/proc/web/backups/x", .backup(web, name: "x", inner: "")),
            (.get, "/api/v2/app/a.b/proc/web/backups/x/s%20p/%2561", .backup(web, name: "x", inner: "s p/%61")),
            (.get, "/api/v2/app/a.b/proc/web/backups/actions", .backup(web, name: "actions", inner: "")),
            (.post, "/api/v2/app/a.b/proc/web/backups/x/actions/recover", .recover(web, name: "x", needsFiles: true)),
            (.post, "/api/v2/app/a.b/proc/web/backups/x/actions/migrate", .migrate(web, name: "x", needsFiles: true)),
            (
                .post, "/api/v1/backup/recover/app/a.b/proc/web/file/x.tar.gz",
                .recover(web, name: "x.tar.gz", needsFiles: false)
            ),
            (
                .post, "/api/v1/backup/recover/increment/app/a.b/proc/web/dir/x.tar.gz",
                .recover(web, name: "x.tar.gz", needsFiles: true)
            ),
            (
                .post, "/api/v2/app/a.b/proc/web/backups/x.tar.gz/actions/migrate",
                .migrate(web, name: "x.tar.gz", needsFiles: false)
            ),
            (.post, "/api/v2/app/a.b/proc/web/backups/actions/delete", .delete(web)),
            (.get, "/api/v2/app/a.b/cron/jobs", .jobs(app: "a.b", isWhole: false)),
            (.get, "/api/v2/app/a.b/cron/jobs/j", .job(app: "a.b", id: "j")),
            (.post, "/api/v2/app/a.b/cron/jobs/j/actions/Sleep", .action(app: "a.b", id: "j", word: "Sleep")),
            (.get, "/api/v2/app/a.b/cron/records", .records(app: "a.b")),
            (.get, "/api/v2/app/a.b/cron/records/r/", .record(app: "a.b", id: "r")),
            (.get, "/api/v2/server/10.0.0.1/cron/jobs", .jobsAt("10.0.0.1")),
            (.get, "/api/v2/server/10.0.0.1/debug", .stateAt("10.0.0.1")),
            (.put, "/api/v2/server/10.0.0.1/cron/actions/stop", .actionAt("10.0.0.1", word: "stop")),
            (.get, "/api/v2/system/cron/jobs", .allJobs), (.post, "/api/v2/system/backup", .copyStore),
        ] as [(HTTPRequest.Method, String, BackupRoute)])
    func `a call of the replaced system is known`(_ method: HTTPRequest.Method, _ path: String, _ wanted: BackupRoute) {
        #expect(BackupPath.owns(path) && BackupPath.problem(path) == nil)
        #expect(route(method, path) == wanted)
        #expect(route(.delete, path) == nil && route(.patch, path) == nil)
        #expect(route(method, path + "/more/and/more/than/that") != wanted)
    }

    @Test(arguments: [
        "/api/v2", "/api/v2/", "/api/v2/app", "/api/v2/app//", "/api/v1/backup", "/api/v1/cron/jobs",
        "/api/v1/backup/recover", "/api/v2/server/x", "/api/v2/app/a/proc", "/api/v2/app/%ff/cron/jobs",
    ]) func `everything else below its prefixes is unknown`(_ path: String) {
        #expect(BackupPath.owns(path))
        for method in [.get, .post, .put] as [HTTPRequest.Method] { #expect(route(method, path) == nil) }
    }

    @Test(arguments: ["/api/v1", "/api/v1/status", "/api/v1/gfs", "/api/v1/backups", "/api/v22", "/", "/api/volumes"])
    func `others keep their paths`(_ path: String) { #expect(!BackupPath.owns(path)) }

    // backup contract §7.2 B11, F42
    @Test(arguments: [
        "/api/v2/x/../y", "/api/v2/x/%2e%2e/y", "/api/v2/x/%252e%252e%252fy", "/api/v2/x//y", "/api/v2/x/%2Fy",
        "/api/v2/x/%00", "/api/v2/x/a%0ab", "/api/v2/./x", "/api/v2/x/%2e",
    ]) func `what leads elsewhere is seen behind every encoding`(_ path: String) {
        #expect(BackupPath.problem(path) != nil)
    }

    @Test(arguments: ["/api/v2/x/a..b/.c/..d", "/api/v2/x/a@1/sub/", "/api/v2/x/数据", "/api/v2/x/100%25"])
    func `strange names are names`(_ path: String) { #expect(BackupPath.problem(path) == nil) }

    @Test func `a form may repeat its names, and the query comes behind it`() {
        let form = GoQuery("files=a%2Fb+c&files=&to=2&=x").adding(GoQuery("files=d&volume=%2Fdata"))
        #expect(form.all("files") == ["a/b c", "", "d"] && form["to"] == "2" && form["volume"] == "/data")
        #expect(form.all("none") == [] && form["none"] == nil)
        #expect(form.names == ["files", "to", "volume", ""])
    }
}
