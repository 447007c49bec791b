import Foundation

/// Where the playbooks and Ansible are when nobody says so.
package enum ClusterPlaces {
    /// Our own playbooks: beside an installed program, or in the checkout that it was built in. `program`: directory of
    /// the server's program. Nil: there are none.
    package static func ownPlaybooks(program: String) -> String? {
        // bin/martlet and lib/martlet/martlet have it in the same share.
        var directory = URL(filePath: program)
        for _ in 0..<2 {
            directory.deleteLastPathComponent()
            let installed = directory.appending(path: "share/martlet/ansible").path
            if isOurs(installed) { return installed }
        }
        return checkout(of: program).map { $0 + "/ansible" }
    }

    /// The pinned one of a checkout or of the package, else the one on PATH.
    package static func ansible(program: String) -> String {
        let pinned = [checkout(of: program).map { $0 + "/.build/ansible" }, "/usr/lib/martlet/ansible"]
        let found = pinned.compactMap { $0.map { $0 + "/bin/ansible-playbook" } }
        return found.first { access($0, X_OK) == 0 } ?? "ansible-playbook"
    }

    private static func checkout(of program: String) -> String? {
        var directory = URL(filePath: program)
        while directory.path != "/" {
            if isOurs(directory.path + "/ansible") { return directory.path }
            directory.deleteLastPathComponent()
        }
        return nil
    }

    /// What reports to the server is beside our playbooks, and nobody else's.
    private static func isOurs(_ directory: String) -> Bool { access(directory + "/callback_plugins", R_OK) == 0 }
}
