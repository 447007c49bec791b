import Foundation
import KeeperProtocol

/// Numeric identity of a user name.
enum TaskUser {
    enum Lookup {
        /// Whom the server runs as already.
        case same
        case other(LaunchFrame.User)
        case unknown
    }

    static func look(up name: String) -> Lookup {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return .unknown }
        if entry.pw_uid == geteuid() { return .same }
        return .other(.init(uid: entry.pw_uid, gid: entry.pw_gid, groups: groups(name, entry.pw_gid)))
    }

    private static func groups(_ name: String, _ primary: gid_t) -> [UInt32] {
        var count: Int32 = 64
        var list = [gid_t](repeating: 0, count: Int(count))
        if getgrouplist(name, primary, &list, &count) < 0 {
            list = [gid_t](repeating: 0, count: Int(count))
            guard getgrouplist(name, primary, &list, &count) >= 0 else { return [primary] }
        }
        return Array(list.prefix(Int(count)))
    }
}
