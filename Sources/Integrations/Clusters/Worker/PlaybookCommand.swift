import Foundation

/// What Ansible gets: its variables, and its arguments. Pure. No password is in either.
struct PlaybookCommand {
    let settings: PlaybookSettings
    /// The directory that it is started in.
    let playbooks: String
    let files: PlaybookFiles
    let work: PlaybookWork
    /// Path of our private key.
    let key: String
    /// Of the worker, whose working directory is the run's.
    let worker: Int32

    var arguments: [String] {
        var arguments = [settings.ansible, "-i", files.inventory, "-e", "@\(files.variables)"]
        switch work {
        case .cluster(let spec):
            if spec.check { arguments += ["--check", "--diff"] }
            if spec.limit != nil { arguments += ["--limit", "@\(files.limit)"] }
            return arguments + [work.playbook]
        case .bootstrap: return arguments + [work.playbook, "-u", "root"]
        }
    }

    /// `inherited`: the worker's own, with secrets and all.
    func environment(_ inherited: [String: String]) -> [String: String] {
        // The keeper finds by MARTLET_RUN what outlives the run. Ansible is set up by the ansible.cfg beside the playbooks:
        // whatever the server was started with might write passwords somewhere.
        var all = inherited.filter { name, _ in
            name == "MARTLET_RUN"
                || !name.hasPrefix("MARTLET_") && !name.hasPrefix("ANSIBLE_") && !PlaybookSecrets.names.contains(name)
        }
        let configuration = playbooks + "/ansible.cfg"
        if FileManager.default.fileExists(atPath: configuration) { all["ANSIBLE_CONFIG"] = configuration }
        all["ANSIBLE_CALLBACK_PLUGINS"] = settings.callbacks
        all["ANSIBLE_CALLBACKS_ENABLED"] = "martlet_events"
        all["MARTLET_EVENTS"] = files.events
        all["ANSIBLE_PRIVATE_KEY_FILE"] = key
        all["ANSIBLE_SSH_ARGS"] = sshArguments
        all["ANSIBLE_SSH_CONTROL_PATH_DIR"] = files.sockets
        // The path of a socket has 108 bytes at most, and a data directory may be far down.
        all["ANSIBLE_SSH_CONTROL_PATH"] = "/proc/\(worker)/cwd/s/%%C"
        all["ANSIBLE_HOME"] = files.home
        all["ANSIBLE_LOCAL_TEMP"] = files.home + "/tmp"
        for (name, value) in Self.fixed { all[name] = value }
        return all
    }

    /// Keep-alives make a host that vanishes an unreachable one: Ansible itself waits for ever.
    private var sshArguments: String {
        let alive = "-o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o StrictHostKeyChecking=accept-new"
        switch work {
        case .cluster(let spec):
            let known = KnownHosts(directory: settings.directory).file(of: spec.cluster.id)
            return "-o ControlMaster=auto -o ControlPersist=60s \(alive) -o UserKnownHostsFile=\(Self.quoted(known))"
        case .bootstrap:
            // A connection that is open already would hide a wrong password.
            return "-o ControlMaster=no \(alive) -o UserKnownHostsFile=\(Self.quoted(files.knownHosts))"
        }
    }

    /// For the two that read it: Ansible parts words as a shell does, ssh takes a quoted file name.
    private static func quoted(_ path: String) -> String {
        path.utf8.contains(UInt8(ascii: " ")) ? "'\"\(path)\"'" : path
    }

    private static let fixed = [
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "0", "ANSIBLE_FORKS": "20", "ANSIBLE_TIMEOUT": "10", "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        // Ansible's own log would have what ours hides, for ever.
        "ANSIBLE_LOG_PATH": "/dev/null",
        "LC_ALL": "C.UTF-8", "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "0",
    ]
}
