import Foundation
import MartletCore

/// Staying with a run until it has ended, over restarts of the server.
struct RunFollowing {
    let client: APIClient
    let id: String

    /// A server that restarts is back within this time.
    private static let patience = 60

    /// The run once it has ended. Shows a progress line when somebody looks at a terminal.
    func end(showsProgress: Bool) async throws -> APIClient.Reply {
        let line = ProgressLine(isShown: showsProgress && Terminal.isTerminal(STDERR_FILENO))
        defer { line.clear() }
        while true {
            let reply = try await patiently {
                try await client.call(
                    "GET", "/api/runs/\(id)", headers: ["Prefer": "wait=\(line.isShown ? 1 : 60)"], within: 120)
            }
            let run = try reply.json()
            if RunState(rawValue: run["state"].string ?? "")?.isEnd ?? false { return reply }
            line.show(run)
        }
    }

    /// Prints the log until the run has ended. After a break it goes on where it was.
    func log(_ query: [String]) async throws {
        var printed = 0
        while true {
            var skip = printed
            do {
                try await client.stream("/api/runs/\(id)/log?" + (query + ["follow=true"]).joined(separator: "&")) {
                    bytes in
                    let fresh = bytes.dropFirst(skip)
                    skip -= bytes.count - fresh.count
                    guard Terminal.write(Array(fresh), to: STDOUT_FILENO) else { throw CancellationError() }
                    printed += fresh.count
                }
            } catch is APIClient.Unreachable where printed > 0 || query.isEmpty {
                // The server went away in the middle; the check below finds it again or gives up.
            }
            let run = try await patiently { try await client.call("GET", "/api/runs/\(id)").json() }
            if RunState(rawValue: run["state"].string ?? "")?.isEnd ?? false { return }
        }
    }

    private func patiently<T>(_ body: () async throws -> T) async throws -> T {
        var tries = 0
        while true {
            do {
                return try await body()
            } catch let error as APIClient.Unreachable {
                tries += 1
                if tries >= Self.patience { throw error }
            } catch let error as MartletError where error.code == .unavailable {
                tries += 1
                if tries >= Self.patience { throw error }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

/// One line on stderr that is written over.
private final class ProgressLine {
    let isShown: Bool
    private var isDirty = false

    init(isShown: Bool) { self.isShown = isShown }

    func show(_ run: JSONValue) {
        guard isShown else { return }
        var parts = [run["state"].string ?? ""]
        if let progress = run["progress"].double { parts.append("\(Int(progress * 100)) %") }
        parts.append(run["message"].string ?? run["reason"][Languages.current.rawValue].string ?? "")
        Terminal.write("\r\u{1B}[K" + Terminal.safe(parts.joined(separator: "  ")).prefix(100), to: STDERR_FILENO)
        isDirty = true
    }

    func clear() {
        if isDirty { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }
}

/// The language of sentences.
enum Languages {
    static var current: Language {
        let environment = ProcessInfo.processInfo.environment
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
        return locale?.hasPrefix("zh") == true ? .zh : .en
    }
}

/// What `run --wait` exits with.
enum RunExit {
    static func code(_ run: JSONValue) -> Int32 {
        if run["state"].string == RunState.succeeded.rawValue { return 0 }
        guard run["state"].string == RunState.failed.rawValue else { return 125 }
        switch run["outcome"].string.flatMap(Outcome.init(rawValue:)) {
        case .timeout: return 124
        case .signal: return Int32(clamping: 128 + (run["signal"].int ?? 0))
        case .exit:
            let code = run["exitCode"].int ?? 0
            return code == 0 ? 125 : Int32(clamping: code)
        default: return 125
        }
    }
}
