import MartletCore
import MartletHTTP

extension JSONWriter {
    mutating func members(of view: Volumes.View) {
        field("id", view.name.archive)
        members(of: view.name)
        field("isDeclared", view.declared != nil)
        field("path", view.declared?.path)
        field("node", view.declared?.node)
        array("rules", view.declared?.rules ?? []) { json, rule in
            json.object { json in
                json.field("mode", rule.mode.rawValue)
                json.field("schedule", rule.schedule)
                json.field("expire", rule.retention.expire?.description)
                json.field("problem", view.problems[rule.mode])
            }
        }
        field("versions", Optional(view.record?.versions ?? 0))
        key("latest")
        if let version = view.record?.newest { object { $0.members(of: version) } } else { null() }
        key("proof")
        if let proof = view.drill { object { $0.members(of: proof) } } else { null() }
    }

    private mutating func members(of name: VolumeName) {
        field("app", name.app)
        field("proc", name.proc)
        field("instance", Optional(name.instance))
        field("volume", name.volume)
    }

    mutating func members(of version: VolumeVersion) {
        field("number", Optional(version.number))
        field("name", version.name)
        field("mode", version.mode.rawValue)
        field("createdAt", version.createdAt)
        field("files", Optional(version.content.files))
        field("bytes", Optional(version.content.bytes))
        field("added", Optional(version.content.added))
        field("took", version.content.took.description)
        field("node", version.content.node)
        field("isPartial", version.isPartial)
        field("run", version.run.description)
    }

    private mutating func members(of proof: VolumeProof) {
        field("isGood", proof.isGood)
        field("at", proof.at)
        field("lastGoodAt", proof.lastGoodAt)
        field("version", proof.version)
        field("files", proof.files)
        field("bytes", proof.bytes)
        field("took", proof.took.description)
        field("note", proof.note)
    }
}
