import Crypto
import GoWire
import Hummingbird
import MartletCore
import MartletEngine
import MartletHTTP

/// One call at work.
struct ClusterDesk {
    let door: ClusterDoor
    let call: FacadeCall
    let caller: ClusterDoor.Caller

    static let largestBody = 4 << 20

    var rights: Rights { caller.rights }
    var query: GoQuery { GoQuery(call.request.uri.query) }

    func body() async throws -> LegacyBody {
        guard let bytes = try await call.body(upTo: Self.largestBody) else {
            throw ClusterRefusal.parameter("a body has at most \(Self.largestBody) bytes")
        }
        return try LegacyBody(bytes)
    }

    /// What is about the whole server is not for tokens that are bound to some clusters.
    func needAllRights() throws {
        guard rights.isRestricted else { return }
        throw MartletError(.forbidden, "this token is for some clusters only, and this is about the whole server")
    }

    /// From 1; nil: missing, or none.
    var page: Int? { query["page"].flatMap { Int($0) }.flatMap { $0 >= 1 ? $0 : nil } }

    func neededPage() throws(ClusterRefusal) -> Int {
        guard let page else { throw .parameter("page is not a number from 1") }
        return page
    }

    // MARK: Clusters

    /// With the id of a cluster it changes that one, as the document shows it.
    func createCluster() async throws -> LegacyAnswer {
        let draft = try ClusterDraft(try await body())
        if !draft.id.isEmpty, let known = try await knownCluster(draft.id) { return try await change(known, draft) }
        _ = try await door.create(draft, by: caller)
        return .ok
    }

    func updateCluster() async throws -> LegacyAnswer {
        let draft = try ClusterDraft(try await body())
        guard !draft.id.isEmpty else { throw ClusterRefusal.parameter("id is missing") }
        return try await change(try await door.cluster(draft.id, rights), draft)
    }

    private func knownCluster(_ id: String) async throws -> ClusterView? {
        do {
            return try await door.cluster(id, rights)
        } catch ClusterRefusal.notFound {
            return nil
        }
    }

    /// The page sends the whole cluster with the status `cancel` to unlock it; otherwise with the one it has.
    private func change(_ known: ClusterView, _ draft: ClusterDraft) async throws -> LegacyAnswer {
        guard draft.status.isEmpty || ClusterStatus(rawValue: draft.status) != nil else {
            throw ClusterRefusal.parameter("status is none")
        }
        if draft.status == ClusterStatus.cancel.rawValue, known.cluster.status != .cancel {
            _ = try await door.cancel(known.record.id, by: caller)
        } else {
            _ = try await door.save(known.record.id, draft, by: caller)
        }
        return .ok
    }

    func deleteCluster() async throws -> LegacyAnswer {
        try await door.delete(try await body().text("id"), by: caller)
        return .ok
    }

    func selectCluster() async throws -> LegacyAnswer {
        guard let view = try await knownCluster(try await body().text("id")) else { return .nothingFound }
        return .success(WireValue(view))
    }

    func selectClusterList() async throws -> LegacyAnswer {
        let page = try neededPage()
        let all = try await door.clusters(rights)
        return all.isEmpty ? .nothingFound : .success(.page(all, page) { WireValue($0) })
    }

    /// The cluster that is started.
    func currentState() async throws -> LegacyAnswer {
        guard let started = try await door.clusters(rights).first(where: \.isWorking) else { return .nothingFound }
        return .success(WireValue(started))
    }

    // MARK: Runs

    func executeCluster() async throws -> LegacyAnswer {
        let body = try await body()
        // Absent is no number here: by the old decoder's rule it would start the cluster.
        let action = try body.number("executeType").flatMap(action)
        _ = try await door.execute(action, try body.text("clusterId"), by: caller)
        return .ok
    }

    private func action(_ number: Int) -> ClusterAction? {
        switch number {
        case 0: door.settings.legacyExecuteTypes ? .stop : .start
        case 1: door.settings.legacyExecuteTypes ? .start : .stop
        case 2: .deploy
        default: nil
        }
    }

    func executeResultSignal() async throws -> LegacyAnswer {
        guard let run = try await door.lastRun(rights), let signal = ResultSignal.of(run) else { return LegacyAnswer() }
        return .success(
            .object([
                ("singnalType", .string(signal.type.rawValue)), ("success", .bool(signal.success)),
                ("over", .bool(signal.over)),
            ]))
    }

    /// A page that is missing or none has no lines.
    func readLog() async throws -> LegacyAnswer {
        let number = query["page"].flatMap { Int64($0) } ?? 0
        let run = try await door.lastRun(rights)
        let found = try run.map { try RunLogPage.page(max(1, number), of: $0.id, in: call.control.files) }
        let lines = number >= 1 ? found?.lines ?? [] : []
        return .success(
            .object([
                ("currentPage", .int(number)), ("rows", .int(found?.rows ?? 0)),
                ("data", .array(lines.map(WireValue.string))),
            ]))
    }

    // MARK: Login

    func login() async throws -> LegacyAnswer {
        let sent = try await body().text("password")
        let known: Secret? =
            switch door.settings.password {
            case .given(let secret): secret
            case .stored(let name): try await door.control.secretValue(name)
            case nil: nil
            }
        // Of digests: how long comparing takes tells nothing.
        guard let known, SHA256.hash(data: Array(known.exposed.utf8)) == SHA256.hash(data: Array(sent.utf8)) else {
            AuditScope.current?.note("login", outcome: MartletError.Code.unauthorised.rawValue)
            return .failure("登陆错误：密码错误！")
        }
        AuditScope.current?.note("login")
        return .ok
    }
}
