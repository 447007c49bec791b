import Foundation
import MartletCore

/// Arguments of the engine, whoever starts it.
enum ResticArguments {
    /// The working directory is the volume, so that the version begins at its root.
    static func backup(_ volume: VolumeName, _ mode: VolumeMode, _ run: RunID, exclude: [String]) -> [String] {
        ["backup", "--json", "--one-file-system", "--host", "\(volume.proc).\(volume.instance)"]
            + tags(volume, mode, run).flatMap { ["--tag", $0] } + exclude.map { "--exclude=\($0)" } + ["."]
    }

    /// The catalogue can be made anew of these.
    private static func tags(_ volume: VolumeName, _ mode: VolumeMode, _ run: RunID) -> [String] {
        [
            "app=\(volume.app)", "proc=\(volume.proc)", "inst=\(volume.instance)", "vol=\(escaped(volume.volume))",
            "mode=\(mode.rawValue)", "rid=\(run)",
        ]
    }

    /// A comma would part a tag in two.
    static func escaped(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing(",", with: "%2C")
    }
}
