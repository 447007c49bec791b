/// Which volume: of an app, a proc of it, an instance of that and a path as its definition writes it.
package struct VolumeName: Sendable, Hashable, Codable, CustomStringConvertible {
    package let app: String
    /// In full, such as `hello.web.web`.
    package let proc: String
    /// From 1.
    package let instance: Int
    /// As declared: `/data`.
    package let volume: String

    package init(app: String, proc: String, instance: Int, volume: String) {
        self.app = app
        self.proc = proc
        self.instance = instance
        self.volume = volume
    }

    package static let largestInstance: Int64 = 100_000
    private static let longestPath = 512

    /// One word for the volume: `hello-hello.web.web-1-data`. It is unique within an inventory.
    package var archive: String { description.replacing("/", with: "-") }

    package var description: String {
        ([app, proc, String(instance)] + volume.split(separator: "/").map(String.init)).joined(separator: "/")
    }

    /// The same volume of another instance, or another volume.
    package func at(instance: Int? = nil, volume: String? = nil) -> VolumeName {
        VolumeName(app: app, proc: proc, instance: instance ?? self.instance, volume: volume ?? self.volume)
    }

    /// What is wrong with the path of a volume; nil: nothing.
    package static func problem(withVolume path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        if parts.isEmpty { return "must name a directory such as /data" }
        if path.utf8.count > longestPath { return "is longer than \(longestPath) bytes" }
        if path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "must not contain control characters" }
        if parts.contains(where: { $0 == "." || $0 == ".." }) { return "must not contain the parts . and .." }
        return nil
    }
}

/// What kind of backup a version is.
package enum VolumeMode: String, Sendable, Codable, CaseIterable {
    /// Each has a name of its own, and can be told apart from all others for ever.
    case full
    /// Versions of one archive, whose bare name means the newest.
    case increment
    /// The state of a volume right before something was restored to it.
    case safety
}
