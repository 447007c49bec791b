package import GoWire
package import MartletCore

/// A version in a list: `{volume, name, size, created, instanceNo}`, with what the replaced system did not tell.
package struct BackupEntity: Sendable, Hashable {
    package let version: VolumeVersion
    /// The last drill of the volume restored this version and found it whole.
    package let isVerified: Bool

    package init(_ version: VolumeVersion, isVerified: Bool) {
        self.version = version
        self.isVerified = isVerified
    }

    package var wire: WireValue {
        .object([
            ("volume", .string(version.volume.volume)), ("name", .string(version.name)),
            ("size", .int(version.content.bytes)), ("created", .string(GoTime(version.createdAt).text())),
            ("instanceNo", .int(Int64(version.volume.instance))), ("mode", .string(version.mode.rawValue)),
            ("node", .string(version.content.node)), ("state", .string(version.isPartial ? "partial" : "whole")),
            ("verified", .bool(isVerified)),
        ])
    }
}

/// An entry of a directory of a version: `{name, size, mod_time, dir}`.
package struct FileEntry: Sendable, Hashable {
    package let name: String
    package let size: Int64
    package let modified: GoTime
    package let isDirectory: Bool

    /// `item`: one of a listing of ours, `{name, type, size, modifiedAt}`.
    package init(_ item: JSONValue) {
        let members = item.object ?? [:]
        name = members["name"]?.string ?? ""
        isDirectory = members["type"]?.string == "dir"
        size = members["size"]?.wholeNumber ?? 0
        modified = members["modifiedAt"]?.string.flatMap(GoTime.init) ?? GoTime(nil)
    }

    package var wire: WireValue {
        .object([
            ("name", .string(name)), ("size", .int(size)), ("mod_time", .string(modified.text())),
            ("dir", .bool(isDirectory)),
        ])
    }
}
