import MartletCore
import MartletEngine

/// Volumes as the work of schedules: `{"backup": ARCHIVE, "mode": "full"}`, `{"drill": ARCHIVE}` of its newest version, or
/// `{"check": ARCHIVE, "depth": "part"}` of its app's repository.
struct VolumeScheduleWork: WorkSource {
    let name = "volumes"
    let box: BackupBox

    func submission(
        for request: JSONValue, trigger: Trigger, rights: Rights, in control: Control
    ) async throws -> Submission {
        let problems = Fields.Problems()
        var fields = Fields(request, problems: problems)
        let (backup, drill, check) = (fields.string("backup"), fields.string("drill"), fields.string("check"))
        let mode: VolumeMode? = fields.choice("mode")
        let depth: Volumes.Depth? = fields.choice("depth")
        if [backup, drill, check].filter({ $0 != nil }).count != 1 {
            fields.problem(
                "backup", "give one of backup, drill and check: the name of a volume, as GET /api/volumes shows it")
        }
        if mode == .safety || (mode != nil && backup == nil) {
            fields.problem("mode", "is of a backup: full or increment")
        }
        if depth != nil, check == nil { fields.problem("depth", "is of a check") }
        fields.finish()
        try problems.check("the work")
        let volumes = Volumes(control: control, box: box)
        let archive = backup ?? drill ?? check ?? ""
        guard let volume = box.inventory.volume(archive: archive), volumes.covers(volume.name, rights) else {
            throw MartletError(.notFound, "there is no volume \(archive.prefix(200)); GET /api/volumes lists them")
        }
        let work: Volumes.Work =
            if backup != nil {
                try await volumes.backupWork(of: volume.name, mode: mode)
            } else if drill != nil {
                volumes.drillWork(of: volume, try await volumes.version("latest", of: volume.name))
            } else {
                volumes.checkWork(of: volume.name, depth ?? .part)
            }
        return Submission(work: .inline(work.job), key: work.key, trigger: trigger, rights: rights)
    }
}
