/// What a channel wants to be told: these events, of work that every given filter lets pass. An empty filter lets all pass.
package struct NoticeRule: Sendable, Hashable {
    package var on: [NoticeEvent]
    package var jobs: [NamePattern]
    /// Names of groups; a run in no group passes none of them.
    package var groups: [NamePattern]
    /// By the name of the label.
    package var labels: [String: NamePattern]
    package var drivers: [String]

    package init(
        on: [NoticeEvent] = NoticeEvent.standard, jobs: [NamePattern] = [], groups: [NamePattern] = [],
        labels: [String: NamePattern] = [:], drivers: [String] = []
    ) {
        self.on = on
        self.jobs = jobs
        self.groups = groups
        self.labels = labels
        self.drivers = drivers
    }

    /// The events of `end` that this rule wants, in its own order. Of a batch one kind of work that passes is enough.
    package func wanted(of end: NoticeEnd) -> [NoticeEvent] {
        let group = end.group
        guard groups.isEmpty || group.map({ name in groups.contains { $0.matches(name) } }) ?? false,
            end.works.contains(where: passes)
        else { return [] }
        let events = end.events
        return on.filter(events.contains)
    }

    private func passes(_ work: NoticeWork) -> Bool {
        (jobs.isEmpty || work.job.map { name in jobs.contains { $0.matches(name) } } ?? false)
            && (drivers.isEmpty || drivers.contains(work.driver))
            && labels.allSatisfy { name, pattern in work.labels[name].map(pattern.matches) ?? false }
    }
}

extension NoticeRule {
    /// Reads one entry of a channel's `rules`.
    package init(_ fields: inout Fields) {
        self.init(
            on: NoticeEvent.parse(&fields) ?? NoticeEvent.standard, jobs: Self.patterns(&fields, "jobs"),
            groups: Self.patterns(&fields, "groups"), drivers: fields.strings("drivers", maxCount: 64) ?? [])
        for (name, text) in fields.stringMap("labels", maxCount: 64) ?? [:] {
            if let pattern = NamePattern(text) {
                labels[name] = pattern
            } else {
                fields.problem("labels.\(name)", NamePattern.rule)
            }
        }
    }

    private static func patterns(_ fields: inout Fields, _ key: String) -> [NamePattern] {
        (fields.strings(key, maxCount: 256) ?? []).compactMap { text in
            let pattern = NamePattern(text)
            if pattern == nil { fields.problem(key, NamePattern.rule) }
            return pattern
        }
    }
}
