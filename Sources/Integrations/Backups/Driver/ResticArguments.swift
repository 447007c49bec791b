import Foundation
import MartletCore

/// Arguments of the engine, whoever starts it.
enum ResticArguments {
    /// The working directory is the volume, so that the version begins at its root.
    /// `created`: second since 1970 that the version is of; nil: now.
    static func backup(
        _ volume: VolumeName, _ mode: VolumeMode, _ run: RunID, exclude: [String], created: Int64? = nil
    ) -> [String] {
        ["backup", "--json", "--one-file-system", "--host", "\(volume.proc).\(volume.instance)"]
            + (created.map { ["--time", time($0)] } ?? []) + tags(volume, mode, run).flatMap { ["--tag", $0] }
            + exclude.map { "--exclude=\($0)" } + ["."]
    }

    /// In the zone of the worker's environment, which is UTC.
    private static func time(_ second: Int64) -> String {
        String(Timestamp.text(Date(milliseconds: second * 1000)).prefix(19)).replacing("T", with: " ")
    }

    /// The catalogue can be made anew of these.
    private static func tags(_ volume: VolumeName, _ mode: VolumeMode, _ run: RunID) -> [String] {
        [
            "app=\(volume.app)", "proc=\(volume.proc)", "inst=\(volume.instance)", "vol=\(escaped(volume.volume))",
            "mode=\(mode.rawValue)", "rid=\(run)",
        ]
    }

    /// The volume and mode that tags tell; nil when they are not ours.
    static func volume(of tags: [String]) -> (name: VolumeName, mode: VolumeMode, run: RunID?)? {
        func tag(_ key: String) -> String? {
            tags.first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
        }
        guard let app = tag("app"), Token.isValid(app), let proc = tag("proc"), Token.isValid(proc),
            let instance = tag("inst").flatMap({ Int64($0) }), (1...VolumeName.largestInstance).contains(instance),
            let volume = tag("vol").map(unescaped), VolumeName.problem(withVolume: volume) == nil,
            let mode = tag("mode").flatMap(VolumeMode.init)
        else { return nil }
        let name = VolumeName(app: app, proc: proc, instance: Int(instance), volume: volume)
        return (name, mode, tag("rid").flatMap { RunID($0) })
    }

    static func unescaped(_ text: String) -> String { text.replacing("%2C", with: ",").replacing("%25", with: "%") }

    /// A comma would part a tag in two.
    static func escaped(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing(",", with: "%2C")
    }
}
