import Foundation
import GoWire
package import HTTPTypes
package import Hummingbird
import Logging
package import MartletCore
import MartletEngine
package import MartletHTTP

/// The HTTP API of the replaced system: translates its calls into those of ``ClusterDoor``.
package struct ClusterFacade: Facade {
    package var name: Listener.Facade { .clusterDeploy }
    let runs: ClusterRuns

    package func owns(_ method: HTTPRequest.Method, _ path: String) -> Bool { ClusterCall(path) != nil }

    /// Its users made, changed and removed clusters: the native API wants an administrator for that.
    package func role(for method: HTTPRequest.Method, _ path: String) -> Rights.Role? {
        ClusterCall(path).map { $0.changes ? .run : .read } ?? .read
    }

    package func triesPassword(_ path: String) -> Bool { ClusterCall(path) == .login }

    /// The document of the native API does not describe it: its shapes are those of the replaced system.
    package func routes(for rights: Rights) -> [DescribedRoute] { [] }

    package func refusal(_ code: ProblemCode, _ detail: String) -> Response? {
        LegacyAnswer.failure(detail).response(code.status)
    }

    package func respond(to call: FacadeCall) async -> Response {
        guard let name = ClusterCall(call.path), call.method == name.method else { return .pageNotFound }
        do {
            return try await answer(name, call).response()
        } catch {
            return LegacyAnswer.failure(name.prefix + Self.text(of: error, name, call)).response()
        }
    }

    private static func text(of error: any Error, _ name: ClusterCall, _ call: FacadeCall) -> String {
        switch error {
        case let refusal as ClusterRefusal:
            if name == .executeCluster, case .notFound = refusal { return "查询主机出错" }
            return refusal.legacyText
        case let failure as BootstrapFailure: return failure.legacyText
        case let error as MartletError where error.code == .invalid: return "参数错误：\(error)"
        case let error as MartletError where error.code != .internal: return error.description
        case is CancellationError: return "the server is shutting down, ask again"
        default:
            let cause = (error as? MartletError)?.cause.map { "; cause: \($0)" } ?? ""
            call.logger.error(
                "request failed", metadata: ["path": "\(call.path.prefix(200))", "error": "\(error)\(cause)"])
            return "the call could not be served; the server's log has the cause"
        }
    }

    private func answer(_ name: ClusterCall, _ call: FacadeCall) async throws -> LegacyAnswer {
        let desk = ClusterDesk(
            door: ClusterDoor(control: call.control, runs: runs), call: call,
            caller: ClusterDoor.Caller(
                trigger: Trigger(
                    source: Listener.Facade.clusterDeploy.rawValue, caller: call.principal.name, trace: call.trace),
                rights: call.principal.rights))
        return switch name {
        case .createCluster: try await desk.createCluster()
        case .updateCluster: try await desk.updateCluster()
        case .deleteCluster: try await desk.deleteCluster()
        case .selectCluster: try await desk.selectCluster()
        case .selectClusterList: try await desk.selectClusterList()
        case .executeCluster: try await desk.executeCluster()
        case .readLog: try await desk.readLog()
        case .executeResultSignal: try await desk.executeResultSignal()
        case .currentState: try await desk.currentState()
        case .createHost: try await desk.createHost()
        case .updateHost: try await desk.updateHost()
        case .deleteHost: try await desk.deleteHost()
        case .selectHost: try await desk.selectHost()
        case .selectHostList: try await desk.selectHostList()
        case .createConfig: try await desk.createConfig()
        case .updateConfig: try await desk.updateConfig()
        case .deleteConfig: try await desk.deleteConfig()
        case .selectConfig: try await desk.selectConfig()
        case .selectConfigList: try await desk.selectConfigList()
        case .login: try await desk.login()
        }
    }
}

/// The replaced system's calls, by the last part of their path.
enum ClusterCall: String, CaseIterable {
    case createCluster, updateCluster, deleteCluster, selectCluster, selectClusterList
    case executeCluster, readLog, executeResultSignal, currentState
    case createHost, updateHost, deleteHost, selectHost, selectHostList
    case createConfig, updateConfig, deleteConfig, selectConfig, selectConfigList
    case login

    private static let base = "/api/v1/"

    /// Nil: the path is none of them.
    init?(_ path: String) {
        guard path.hasPrefix(Self.base) else { return nil }
        self.init(rawValue: String(path.dropFirst(Self.base.count)))
    }

    var method: HTTPRequest.Method {
        switch self {
        case .selectClusterList, .readLog, .executeResultSignal, .currentState, .selectHostList, .selectConfigList: .get
        default: .post
        }
    }

    var changes: Bool {
        switch self {
        case .createCluster, .updateCluster, .deleteCluster, .executeCluster, .createHost, .updateHost, .deleteHost,
            .createConfig, .updateConfig, .deleteConfig:
            true
        case .selectCluster, .selectClusterList, .readLog, .executeResultSignal, .currentState, .selectHost,
            .selectHostList, .selectConfig, .selectConfigList, .login:
            false
        }
    }

    /// What the text of a failure begins with.
    var prefix: String {
        switch self {
        case .createCluster, .createConfig: "插入失败！"
        case .updateCluster, .updateConfig: "修改失败！"
        case .deleteCluster, .deleteHost, .deleteConfig: "删除失败！"
        case .selectCluster, .selectClusterList, .currentState, .selectHost, .selectHostList, .selectConfig,
            .selectConfigList:
            "查询失败！"
        case .readLog: "查看日志失败！"
        // What these say is a sentence of its own.
        case .executeCluster, .executeResultSignal, .createHost, .updateHost, .login: ""
        }
    }
}
