import Foundation
import MartletEngine
import MartletProcess

extension Examination {
    func disk() -> Finding {
        let path = FileManager.default.fileExists(atPath: directory.path) ? directory.path : "/"
        guard let space = try? DiskSpace.free(at: path) else {
            return .wrong("disk", "\(path) cannot be asked about", fix: "check the mount")
        }
        let needed = DiskState(free: space.free, total: space.total).needed(settings?.engine.minFree)
        let text = "\(space.free / 1_000_000) MB free, \(needed / 1_000_000) MB must stay free"
        if space.free >= needed { return .fine("disk", text) }
        return .wrong("disk", text, fix: "free some space, or lower limits.minFree; new runs are refused meanwhile")
    }

    func clock() -> Finding {
        let now = Date().formatted(.iso8601)
        if SystemClock.isKept == false {
            return .note("clock", "\(now), and nobody keeps it right", fix: "timedatectl set-ntp true")
        }
        return .fine("clock", now)
    }

    func kernel() -> Finding {
        var name = utsname()
        uname(&name)
        let release = withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        let isEnough = numbers.count == 2 && (numbers[0], numbers[1]) >= (5, 9)
        if isEnough { return .fine("kernel", release) }
        return .wrong("kernel", release, fix: "pidfd and close_range need Linux 5.9 or newer")
    }

    func descriptors() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(7), &limit)
        if limit.rlim_cur >= 4096 { return .fine("open files", "limit \(limit.rlim_cur)") }
        return .note(
            "open files", "limit \(limit.rlim_cur)",
            fix: "many runs and clients need more: ulimit -n 65536, or LimitNOFILE in the unit")
    }

    /// The server's own log, where the configuration puts it.
    func ownLog() -> Finding? {
        guard let settings else { return nil }
        guard let path = settings.logFile else { return .fine("own log", "goes to stderr of the server") }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard access(folder, W_OK | X_OK) == 0, access(path, W_OK) == 0 || errno == ENOENT else {
            return .wrong(
                "own log", "\(path) cannot be written: \(String(cString: strerror(errno)))",
                fix: "make \(folder) writable for user \(geteuid()), or choose another log.file")
        }
        let rotation = settings.logRotation
        let sizes = ([path] + (1...rotation.files).map { "\(path).\($0)" }).compactMap { RegularFile(at: $0)?.size }
        let text = "\(path): \(sizes.count) files, \(ByteSize.rough(sizes.reduce(0, +)))"
        let room = (try? DiskSpace.free(at: folder).free) ?? 0
        if room > rotation.maxBytes { return .fine("own log", text) }
        return .note("own log", "\(text), and its disk is nearly full", fix: "free some space, or lower log.maxBytes")
    }
}
