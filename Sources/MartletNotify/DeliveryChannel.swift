package import Foundation
import KeeperProtocol
package import MartletCore

/// A configured channel: makes messages, sends them, understands the answers.
package struct DeliveryChannel: NoticeChannel {
    package let settings: ChannelSettings
    private let sendmail: String
    private let client: WebClient
    /// Values of stored secrets, those that there are.
    private let secrets: @Sendable (Set<String>) async throws -> [String: Secret]
    private let now: @Sendable () -> Date

    package var facts: NoticeChannelFacts { settings.facts }
    package var pace: NoticePace { settings.pace }

    package init(
        _ settings: ChannelSettings, sendmail: String, guardian: AddressGuard,
        secrets: @escaping @Sendable (Set<String>) async throws -> [String: Secret],
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.init(settings, sendmail: sendmail, client: WebClient(guardian: guardian), secrets: secrets, now: now)
    }

    init(
        _ settings: ChannelSettings, sendmail: String, client: WebClient,
        secrets: @escaping @Sendable (Set<String>) async throws -> [String: Secret], now: @escaping @Sendable () -> Date
    ) {
        self.settings = settings
        self.sendmail = sendmail
        self.client = client
        self.secrets = secrets
        self.now = now
    }

    package func send(_ message: NoticeMessage) async throws(DeliveryFailure) {
        if settings.kind == .mail {
            return try await Sendmail(program: sendmail, to: settings.to, from: settings.from).send(
                message.text(limit: NoticeText.longest), at: now())
        }
        let token = try await value(of: settings.token)
        let secret = try await value(of: settings.secret)
        do throws(DeliveryFailure) {
            let request = try settings.request(message, token: token ?? "", secret: secret, at: now())
            // Only an administrator writes the configuration.
            let reply = try await client.post(request, isTrusted: settings.url != nil)
            if let failure = settings.failure(reply) { throw failure }
        } catch {
            throw error.hiding([token, secret])
        }
    }

    private func value(of credential: ChannelSettings.Credential?) async throws(DeliveryFailure) -> String? {
        switch credential {
        case nil: return nil
        case .given(let secret): return secret.exposed
        case .stored(let name):
            let found: [String: Secret]
            do {
                found = try await secrets([name])
            } catch {
                throw DeliveryFailure("the stored secret \(name) could not be read")
            }
            guard let value = found[name] else { throw DeliveryFailure(SecretReferences.missing(name)) }
            return value.exposed
        }
    }
}

extension DeliveryFailure {
    /// A platform may repeat in its answer what it was sent.
    fileprivate func hiding(_ secrets: [String?]) -> DeliveryFailure {
        let patterns = MaskPatterns(secrets.compactMap { $0.map { Array($0.utf8) } })
        guard !patterns.isEmpty else { return self }
        let text = String(decoding: patterns.masked(Array(description.utf8)), as: UTF8.self)
        return DeliveryFailure(text, isThrottled: isThrottled, mayHaveArrived: mayHaveArrived)
    }
}
