import ArgumentParser
import Foundation
import MartletCore
import NIOCore

/// How an error ends a command: the fields and their fixes on stderr, exit code 1.
enum Complaint {
    static func asExit(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let exit as ExitCode {
            throw exit
        } catch let error as ValidationError {
            throw error
        } catch {
            for line in lines(error) { Terminal.complain(line) }
            throw ExitCode(1)
        }
    }

    static func lines(_ error: any Error) -> [String] {
        switch error {
        case let error as MartletError:
            return ["martlet: \(error.message)"] + error.problems.map { "  \($0)" }
        case let error as IOError:
            return ["martlet: \(error.localizedText)"]
        default: return ["martlet: \(error)"]
        }
    }
}

extension IOError {
    fileprivate var localizedText: String {
        if errnoCode == EADDRINUSE { return "the address is in use by another program; choose another with --listen" }
        return String(cString: strerror(errnoCode))
    }
}
