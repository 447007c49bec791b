package import MartletCore

extension Drivers {
    /// What notices tell of an ended run, in the words of its driver and without its secrets.
    package func noticePart(of run: Run, hiding secrets: [Secret]) -> NoticePart {
        let summary = (try? driver(run.driver))?.summary(of: run) ?? RunSummary(subject: run.job.name ?? run.driver)
        let mask = SecretMask(secrets)
        return NoticePart(run, summary, hide: mask.hide)
    }
}

/// A channel, and how it stands.
package struct NoticeChannelView: Sendable {
    package let facts: NoticeChannelFacts
    package let state: NoticeChannelState
    package let deliveries: [NoticeDesk.Delivery: Int]
}

package struct NoticePage: Sendable {
    /// Of a thousand rows each, for one page.
    static let mostReads = 4

    package var items: [Notice] = []
    /// More may follow before this one.
    package var next: Int64?
}

extension Control {
    /// Those that `rights` cover, newest first. Whoever may see little of a long ledger gets short pages, even empty ones,
    /// that go on.
    package func notices(_ query: NoticeQuery, rights: Rights) async throws -> NoticePage {
        var query = query
        let limit = query.limit
        query.limit = rights.isRestricted ? 1000 : min(limit + 1, 1000)
        var page = NoticePage()
        for _ in 0..<NoticePage.mostReads {
            let rows = try await store.notices(query)
            for notice in rows where notice.isCovered(by: rights) {
                if page.items.count == limit {
                    page.next = page.items.last?.number
                    return page
                }
                page.items.append(notice)
            }
            guard rows.count == query.limit, let last = rows.last else { return page }
            query.before = last.number
        }
        page.next = query.before
        return page
    }

    /// Throws `notFound`, also for one that `rights` do not cover.
    package func notice(_ number: Int64, rights: Rights) async throws -> Notice {
        if let notice = try await store.notice(number), notice.isCovered(by: rights) { return notice }
        throw MartletError(.notFound, "there is no notice \(number)")
    }

    /// The message as a channel without limits of its own would get it.
    package func text(of notice: Notice) async throws -> String {
        NoticeText.text(of: notice, try await store.noticeParts(of: notice.cause, limit: 500))
    }

    package func noticeChannels() async throws -> [NoticeChannelView] {
        let states = try await store.noticeChannelStates(at: now())
        let deliveries = notices.deliveries
        return notices.policy.channels.map { facts in
            NoticeChannelView(
                facts: facts, state: states[facts.name] ?? NoticeChannelState(),
                deliveries: deliveries[facts.name] ?? [:]
            )
        }
    }

    /// Owes a test message to a channel. Throws `invalid` when there is no such channel.
    package func testNotice(to channel: String) async throws -> Notice {
        let names = notices.policy.channels.map(\.name)
        guard names.contains(channel) else {
            let known = names.isEmpty ? "none is configured (notices.channels)" : names.joined(separator: ", ")
            throw MartletError(
                .invalid, "there is no channel \(channel.prefix(100))",
                problems: [FieldProblem(field: "channel", problem: "unknown; known here: \(known)")])
        }
        let now = now()
        let notice = try await store.addTestNotice(to: channel, id: ids.next(at: now).description, at: now)
        notices.ring([notice.channel])
        return notice
    }

    package func retryNotice(_ number: Int64) async throws -> Notice {
        let notice = try await store.retryNotice(number, at: now())
        notices.ring([notice.channel])
        return notice
    }
}
