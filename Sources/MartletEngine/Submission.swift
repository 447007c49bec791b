package import Foundation
package import MartletCore

/// A request for one run: of a stored job, or of a job given inline.
package struct Submission: Sendable {
    package enum Work: Sendable {
        case stored(String)
        case inline(Job)
    }

    package var work: Work
    package var params: [String: JSONValue]
    package var secrets: [String: Secret]
    package var key: String?
    package var labels: [String: String]
    /// An empty batch stands for this submission: all runs submitted together share its name.
    package var groups: [GroupMembership]
    package var aliases: [RunAlias]
    /// Runs that are there already and become members of the same groups.
    package var members: [RunID] = []
    package var admission: Admission?
    /// What the run works on, when a submission for the same thing is to join it.
    package var claim: Claim?
    /// Values that the server gives to every task of a kind: sealed and masked like `secrets`, but not looked for in
    /// arguments, because whoever submits does not know them.
    package var ambientSecrets: [String: Secret]
    package var trigger: Trigger
    /// What the submitter may start.
    package let rights: Rights
    /// Not started before; nil = now.
    package var dueAt: Date?
    /// What must still be so when the run is stored, where it was planned from that.
    package var condition: ClusterCondition?

    package init(
        work: Work, params: [String: JSONValue] = [:], secrets: [String: Secret] = [:], key: String? = nil,
        labels: [String: String] = [:], groups: [GroupMembership] = [], aliases: [RunAlias] = [],
        admission: Admission? = nil, claim: Claim? = nil, ambientSecrets: [String: Secret] = [:], trigger: Trigger,
        rights: Rights, dueAt: Date? = nil
    ) {
        self.work = work
        self.params = params
        self.secrets = secrets
        self.key = key
        self.labels = labels
        self.groups = groups
        self.aliases = aliases
        self.admission = admission
        self.claim = claim
        self.ambientSecrets = ambientSecrets
        self.trigger = trigger
        self.rights = rights
        self.dueAt = dueAt
    }

    /// Reads the body of `POST /api/runs`: `{"job": NAME, …}` or the keys of an inline job.
    ///
    /// A command of the caller's own can do whatever the server's user can, read its tokens for one: it needs the role
    /// admin, else `forbidden` is thrown.
    package init(parsing body: JSONValue, trigger: Trigger, rights: Rights) throws(MartletError) {
        let problems = Fields.Problems()
        var fields = Fields(body, problems: problems)
        let name = fields.string("job")
        let params = name == nil ? [:] : fields.read("params", "an object of values", \.object) ?? [:]
        var (secrets, references) = ([String: Secret](), [String: String]())
        if name == nil {
            (secrets, references) = Self.inlineSecrets(&fields)
        } else {
            secrets = Variables.parseSecrets(&fields)
        }
        let key = fields.string("key", maxBytes: 256)
        if key?.isEmpty == true { fields.problem("key", "must not be empty") }
        if key == ClusterLock.key { fields.problem("key", "is kept for the runs of clusters; take another one") }
        var groups: [GroupMembership] = []
        if let group = fields.string("group") {
            if !Token.isValid(group) { fields.problem("group", Token.rule) }
            groups = [GroupMembership(group: group, batch: "")]
        }
        let work: Work
        let labels: [String: String]
        if let name {
            work = .stored(name)
            labels = Labels.parse(&fields)
        } else {
            var job = Job(inline: &fields)
            job.secrets = references
            SecretReferences.refuseDoubles(job, problems)
            work = .inline(job)
            labels = job.labels
        }
        fields.finish()
        try problems.check("the run")
        if case .inline = work, rights.role < .admin {
            throw MartletError(
                .forbidden, "a command of one's own needs a token with the role admin; stored jobs need the role run")
        }
        self.init(
            work: work, params: params, secrets: secrets, key: key, labels: labels, groups: groups,
            trigger: trigger, rights: rights)
    }

    /// `{VARIABLE: value}`, or `{VARIABLE: {secret: NAME}}` for a stored one. Only with a job of one's own: whoever may
    /// start stored jobs must not choose which secrets they get.
    private static func inlineSecrets(_ fields: inout Fields) -> ([String: Secret], [String: String]) {
        let members = fields.read("secrets", "an object of texts", \.object) ?? [:]
        let names = members.compactMapValues { value -> JSONValue? in
            guard let object = value.object, object.count == 1 else { return nil }
            return object["secret"]
        }
        func part(_ members: [String: JSONValue]) -> Fields {
            Fields(["secrets": .object(members)], problems: fields.problems)
        }
        var (values, references) = (part(members.filter { names[$0.key] == nil }), part(names))
        return (Variables.parseSecrets(&values), SecretReferences.parse(&references))
    }
}
