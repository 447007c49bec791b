import Foundation
import MartletCore
import MartletEngine

/// Loads as the work of schedules: what `POST /api/v1/gfs` takes, for one path.
struct CacheWork: WorkSource {
    let name = "cacheLoad"
    let settings: CacheLoadSettingsBox

    func submission(
        for request: JSONValue, trigger: Trigger, rights: Rights, in control: Control
    ) throws -> Submission {
        let settings = settings.value
        let wanted: CacheRequest
        do {
            wanted = try CacheRequest(Array(JSONEncoder().encode(Self.posted(request))), settings)
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

    /// A schedule has one path, and need not write it as a list.
    private static func posted(_ request: JSONValue) -> JSONValue {
        guard case .object(var members) = request, let path = members["path"], path.string != nil else {
            return request
        }
        members["path"] = .array([path])
        return .object(members)
    }
}

extension CacheComplaint {
    fileprivate var message: String {
        switch self {
        case .json(let message), .text(let message): message
        }
    }
}
