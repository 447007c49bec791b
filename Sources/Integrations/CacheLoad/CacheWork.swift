import Foundation
import MartletCore
import MartletEngine

/// Loads as the work of schedules: what `POST /api/v1/gfs` takes, for one path.
struct CacheWork: WorkSource {
    let name = "cacheLoad"
    let settings: CacheLoadSettingsBox

    func submission(for request: JSONValue, trigger: Trigger, rights: Rights) throws -> Submission {
        let settings = settings.value
        let wanted: CacheRequest
        do {
            wanted = try CacheRequest(Array(JSONEncoder().encode(request)), settings)
        } catch let complaint as CacheComplaint {
            throw MartletError(
                .invalid, complaint.message, problems: [FieldProblem(field: "path", problem: complaint.message)])
        }
        try CacheLoadFacade.check(settings)
        guard wanted.action.isLoad, wanted.paths.count == 1, let job = wanted.jobs(settings).first else {
            throw MartletError(
                .invalid, "a schedule loads one path",
                problems: [FieldProblem(field: "path", problem: "must be one path, and action one that loads")])
        }
        return Submission(
            work: .inline(job.job), groups: job.groups, claim: job.claim, trigger: trigger, rights: rights)
    }
}

extension CacheComplaint {
    fileprivate var message: String {
        switch self {
        case .json(let message), .text(let message): message
        }
    }
}
