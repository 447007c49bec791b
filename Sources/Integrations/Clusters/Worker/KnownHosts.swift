import Foundation
import MartletCore

/// Host keys that SSH has seen, in one file for each cluster: `<data>/clusters/<id>.known_hosts`.
struct KnownHosts {
    private static let suffix = ".known_hosts"

    let directory: String

    func file(of cluster: String) -> String { "\(directory)/\(cluster)\(Self.suffix)" }

    func remove(of cluster: String) { unlink(file(of: cluster)) }

    /// Somebody with root's password has just let us in: whatever key these hosts had before, they may have another now.
    /// Only while no other run works on clusters.
    func forget(_ hosts: [BootstrapSpec.Host], environment: [String: String]) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(Self.suffix) {
            let file = "\(directory)/\(name)"
            for host in hosts {
                // The form that OpenSSH writes (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT); names may be hashed.
                let known = host.port == 22 ? host.ip : "[\(host.ip)]:\(host.port)"
                let child = try PlaybookChild(
                    ["ssh-keygen", "-q", "-R", known, "-f", file], environment: environment, output: "/dev/null")
                guard child.awaited() == 0 else {
                    throw MartletError(.unavailable, "the old key of \(known) stays in \(file)")
                }
            }
            unlink(file + ".old")
        }
    }
}
