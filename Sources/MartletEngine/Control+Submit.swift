package import MartletCore

extension Control {
    /// What a submission was answered with.
    package struct Accepted: Sendable {
        package let ids: [RunID]
        /// The idempotency key was known: these are the ids of the first answer.
        package let replayed: Bool
        /// The runs were made for this submission: neither an earlier answer nor runs that were joined.
        package let isNew: Bool
        /// Those of `ids` whose work was under way and was joined.
        package let joined: Set<RunID>

        init(_ inserted: Inserted, of runs: [NewRun]) {
            ids = inserted.ids
            joined = inserted.joined
            replayed = inserted.replayed
            isNew = inserted.ids == runs.map(\.run.id)
        }
    }

    /// Accepts one run. Durable when it returns.
    package func submit(_ submission: Submission, idempotency: IdempotencyRecord? = nil) async throws -> Accepted {
        try await submit([submission], idempotency: idempotency)
    }

    /// Accepts all or none, in one transaction. Problems name the submission when there are several.
    package func submit(_ submissions: [Submission], idempotency: IdempotencyRecord? = nil) async throws -> Accepted {
        try refuseWhenDiskIsLow()
        let batch = ids.next(at: now()).description
        var runs: [NewRun] = []
        for (index, submission) in submissions.enumerated() {
            do {
                runs.append(try await newRun(submission, batch: batch))
            } catch let error as MartletError where submissions.count > 1 {
                throw MartletError(
                    error.code, error.message,
                    problems: error.problems.map { FieldProblem(field: "[\(index)].\($0.field)", problem: $0.problem) })
            }
        }
        Failpoint.hit("submit.beforeInsert")
        let inserted = try await store.insert(runs, idempotency: idempotency)
        Failpoint.hit("submit.afterInsert")
        let accepted = Accepted(inserted, of: runs)
        if accepted.isNew { for new in runs { try await makeRoom(for: new) } }
        return accepted
    }

    /// Starts a new run of the same snapshot, parameters, posted secrets and labels; stored secrets are taken anew.
    package func rerun(
        _ id: RunID, trigger: Trigger, rights: Rights, idempotency: IdempotencyRecord? = nil,
        ifVersion versions: Set<Int>? = nil
    ) async throws -> Accepted {
        try refuseWhenDiskIsLow()
        let old = try await require(id)
        try old.check(isOneOf: versions)
        try authorise(rights, toStart: old.job, labels: old.labels)
        if let why = old.job.tasks.lazy.compactMap({ try? drivers.driver($0.driver).refusal(ofRepeating: old) }).first {
            throw MartletError(.conflict, why)
        }
        let now = now()
        var origin = trigger
        origin.rerunOf = id
        let run = Run(
            id: ids.next(at: now), job: old.job, params: old.params, key: old.key, labels: old.labels,
            trigger: origin, createdAt: now, secretNames: old.secretNames)
        let groups = try await store.groups(of: id).map { GroupMembership(group: $0.group, batch: run.id.description) }
        let stored = try await secrets(for: old.job)
        let secrets = try await store.secrets(of: id).merging(stored) { _, anew in anew }
        let new = NewRun(run: run, secrets: secrets, groups: groups)
        let inserted = try await store.insert([new], idempotency: idempotency)
        return Accepted(inserted, of: [new])
    }

    /// Throws `forbidden` unless `rights` reach the job as it is defined and the run as it will be labelled.
    private func authorise(_ rights: Rights, toStart job: Job, labels: [String: String]) throws(MartletError) {
        guard rights.role >= .run else {
            throw MartletError(.forbidden, "starting a run needs the role run; this token has \(rights.role.rawValue)")
        }
        guard rights.covers(job: job.name, labels: job.labels), rights.covers(job: job.name, labels: labels) else {
            throw MartletError(
                .forbidden, "this token is for other jobs or labels than \(job.name ?? "a run without a job") has")
        }
    }

    func newRun(_ submission: Submission, batch: String) async throws -> NewRun {
        let job = try await job(of: submission)
        let labels = job.labels.merging(submission.labels) { _, posted in posted }
        try authorise(submission.rights, toStart: job, labels: labels)
        let params = try ParamValues.resolve(submission.params, for: job)
        try drivers.check(job, params: params.plain)
        let secrets = submission.secrets.merging(params.secret) { posted, _ in posted }
        try refuse(secrets, thatStandIn: job, params.plain)
        let stored = try await self.secrets(for: job)
        try refuse(secrets, inThePlaceOf: stored)
        let sealed = submission.ambientSecrets.merging(stored) { _, own in own }.merging(secrets) { _, own in own }
        let now = now()
        let run = Run(
            id: ids.next(at: now), job: job, params: params.plain, key: submission.key,
            labels: labels, trigger: submission.trigger,
            createdAt: now, dueAt: submission.dueAt, secretNames: sealed.keys.sorted())
        let groups = submission.groups.map { membership in
            membership.batch.isEmpty ? GroupMembership(group: membership.group, batch: batch) : membership
        }
        return NewRun(
            run: run, secrets: sealed, groups: groups, members: submission.members, aliases: submission.aliases,
            admission: submission.admission,
            claim: submission.claim, joinable: submission.rights, condition: submission.condition)
    }

    private func job(of submission: Submission) async throws -> Job {
        switch submission.work {
        case .inline(let job): return job
        case .stored(let name):
            if let stored = try await store.job(name) { return stored.job }
            throw MartletError(
                .notFound, "there is no job named \(name)",
                problems: [FieldProblem(field: "job", problem: "unknown; GET /api/jobs lists the jobs")])
        }
    }

    /// Whoever may start a job must not choose what it gets for the secrets that its definition names.
    private func refuse(
        _ posted: [String: Secret], inThePlaceOf stored: [String: Secret]
    ) throws(MartletError) {
        let problems = Fields.Problems()
        for name in Set(stored.keys.map(SecretReferences.variable)).intersection(posted.keys).sorted() {
            problems.add("secrets.\(name)", "comes from the job's definition; leave it out")
        }
        try problems.check("the run")
    }

    /// A secret's value in an argument or a plain variable would stand in the store and in `ps`.
    func refuse(
        _ secrets: [String: Secret], thatStandIn job: Job, _ params: [String: JSONValue] = [:]
    ) throws(MartletError) {
        guard !secrets.isEmpty else { return }
        let problems = Fields.Problems()
        for (word, secret) in secrets.sorted(by: { $0.key < $1.key }) {
            let name = SecretReferences.variable(word)
            for (index, task) in job.tasks.enumerated() {
                let texts = task.spec.texts + task.environment.values + params.values.flatMap(\.texts)
                if texts.contains(where: { $0.contains(secret.exposed) }) {
                    problems.add(
                        "secrets.\(name)",
                        "its value also stands in task \(index + 1)'s arguments, environment or parameters in clear; use \"$\(name)\" there"
                    )
                }
            }
        }
        try problems.check("what is given to the tasks")
    }

    func refuseWhenDiskIsLow() throws(MartletError) {
        let state = disk()
        let needed = state.needed(settings.value.minFree)
        guard state.free < needed else { return }
        throw MartletError(
            .unavailable,
            "the data directory's disk is nearly full: \(state.free / 1_000_000) MB are free and \(needed / 1_000_000) MB must stay free (limits.minFree)"
        )
    }
}

extension JSONValue {
    /// Every text in the value, keys included.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(\.texts)
        case .object(let members): members.flatMap { [$0.key] + $0.value.texts }
        case .null, .bool, .int, .double: []
        }
    }
}
