import Foundation
import MartletCore

/// The fixture of the contract's cases on one machine, and a caller who knows the replaced system only.
final class ControllerSite: Sendable {
    typealias Answer = ScriptServer.Answer

    let site: VolumeSite
    let volumes: VolumeServer
    var server: Server { volumes.server }

    static let v2 = "/api/v2/app/hello"
    static let backups = v2 + "/proc/web/backups"
    static let data = "hello-hello.web.web-1-data"
    static let second = "hello-hello.web.web-2-data"
    static let inc = "hello-hello.web.web-1-inc"
    static let other = "other-other.web.web-1-data"

    static func inventory(data: String = "[{mode: full, schedule: 0 3 * * *, expire: 30d}]") -> String {
        """
        apps:
          hello:
            procs:
              hello.web.web:
                instances: {1: {container: c1}, 2: {container: c2}}
                volumes:
                  /data: {backups: \(data)}
                  /inc: {backups: [{mode: increment, schedule: 0 4 * * *, expire: 10d}]}
                  /other: {backups: [{mode: full}]}
          other:
            procs: {other.web.web: {volumes: {/data: {backups: [{mode: full, schedule: 0 3 * * *}]}}}}
        """
    }

    init(_ inventory: String = inventory(), environment: [String: String] = [:]) async throws {
        site = try VolumeSite(inventory: inventory)
        for volume in [Self.data, Self.second, Self.inc, Self.other] {
            try site.write("of \(volume)\n", to: "a.txt", in: volume)
            try site.write("below\n", to: "sub/b.txt", in: volume)
        }
        volumes = try await site.server(environment)
    }

    /// Another server on the files of an earlier one.
    init(_ site: VolumeSite, _ volumes: VolumeServer) { (self.site, self.volumes) = (site, volumes) }

    // MARK: Calls

    func get(_ path: String, token: String? = nil) async throws -> Answer {
        try await call(.GET, path, token: token)
    }

    /// A form: names may come several times.
    func post(_ path: String, _ form: [(String, String)] = [], token: String? = nil) async throws -> Answer {
        let body = form.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
        return try await call(.POST, path, body, token: token)
    }

    func call(
        _ method: ScriptServer.Method, _ path: String, _ body: String = "", token: String? = nil, key: String? = nil
    ) async throws -> Answer {
        var headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        headers["Idempotency-Key"] = key
        if !body.isEmpty { headers["Content-Type"] = "application/x-www-form-urlencoded" }
        return try await ScriptServer.send(
            method, to: server.url + path, body.isEmpty ? nil : Array(body.utf8), headers: headers)
    }

    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// A path exactly as it stands, which no client would send.
    func raw(_ path: String) async throws -> String {
        try await Museum.raw(server, "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    }

    // MARK: Runs

    /// Ids of the jobs by the volume's archive.
    func jobs(_ app: String = "hello") async throws -> [String: String] {
        let entries = try await get("/api/v1/cron/jobs/app/\(app)").json.array ?? []
        return Dictionary(
            entries.map { ($0["job"]["args"]["archive"].string ?? "", $0["job"]["id"].string ?? "") }
        ) { first, _ in first }
    }

    /// Runs a job and gives its record once it has ended.
    func back(_ archive: String = data) async throws -> JSONValue {
        let app = String(archive.prefix { $0 != "-" })
        let id = try await jobs(app)[archive] ?? ""
        return try await ended(try await post("/api/v2/app/\(app)/cron/jobs/\(id)/actions/run"), app)
    }

    /// The record of the run that an answer names.
    func ended(_ answer: Answer, _ app: String = "hello") async throws -> JSONValue {
        guard answer.status == 200, let rid = answer.json.string, rid.utf8.count == 42 else {
            throw Server.Refused(reply: "\(answer.status) \(answer.text)")
        }
        return try await eventually("\(rid) ends") {
            let record = try await get("/api/v2/app/\(app)/cron/records/\(rid)").json
            return record["state"] == "running" ? nil : record
        }
    }

    /// Names of the backups of a volume, oldest first.
    func names(_ volume: String = "/data", _ app: String = "hello") async throws -> [String] {
        let answer = try await get("/api/v2/app/\(app)/proc/web/backups?volume=\(volume)")
        return answer.json.array?.compactMap { $0["name"].string } ?? []
    }

    func error(_ answer: Answer) -> String { "\(answer.status) \(answer.json["error"]["code"].string ?? answer.text)" }

    /// Audited calls, newest first.
    func audit() async throws -> [JSONValue] {
        try await server.call(.GET, "/api/audit?limit=100").json["items"].array ?? []
    }
}
