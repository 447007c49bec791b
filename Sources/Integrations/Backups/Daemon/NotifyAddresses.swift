import Foundation
package import MartletCore
import Synchronization

/// Addresses that a controller of the replaced system wants records sent to, and up to which event each has been told. They
/// outlast restarts, so that a controller which was away is told later.
package final class NotifyAddresses: Sendable {
    package static let fileName = "notify.json"
    static let most = 16
    private static let longest = 1024

    private let file: URL
    private let told: Mutex<[String: Int64]>

    /// Throws `invalid` when the file is not ours.
    package init(dataDirectory: String) throws(MartletError) {
        file = URL(filePath: dataDirectory).appending(path: Self.fileName)
        guard let data = FileManager.default.contents(atPath: file.path) else {
            told = Mutex([:])
            return
        }
        guard let members = try? JSONDecoder().decode([String: Int64].self, from: data) else {
            throw MartletError(.invalid, "\(Self.fileName) in the data directory is damaged; remove it")
        }
        told = Mutex(members)
    }

    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= longest, let url = URL(string: text) else { return false }
        return ["http", "https"].contains(url.scheme) && url.host?.isEmpty == false && url.user == nil
            && url.fragment == nil
    }

    /// In the order of their names.
    var all: [String] { told.withLock { $0.keys.sorted() } }

    /// Nil: nobody wants to be told there any more.
    func event(toldTo address: String) -> Int64? { told.withLock { $0[address] } }

    /// A known one stays as it is. `event`: the last one that it need not be told.
    func add(_ address: String, from event: Int64) throws(MartletError) {
        try change { told throws(MartletError) in
            guard told[address] == nil else { return }
            guard told.count < Self.most else {
                throw MartletError(.invalid, "there are \(Self.most) addresses already; remove one first")
            }
            told[address] = event
        }
    }

    func remove(_ address: String) throws(MartletError) { try change { $0[address] = nil } }

    /// Of an address that was removed meanwhile nothing is kept.
    func note(_ event: Int64, toldTo address: String) throws(MartletError) {
        try change { if $0[address] != nil { $0[address] = event } }
    }

    private func change(_ body: (inout [String: Int64]) throws(MartletError) -> Void) throws(MartletError) {
        try told.withLock { told throws(MartletError) in
            var fresh = told
            try body(&fresh)
            guard fresh != told else { return }
            do {
                try JSONEncoder().encode(fresh).write(to: file, options: .atomic)
            } catch {
                throw MartletError(
                    .unavailable, "\(Self.fileName) cannot be written in the data directory", cause: error)
            }
            told = fresh
        }
    }
}
