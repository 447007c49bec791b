import Foundation
package import MartletCore
import Synchronization

/// Which addresses messages may go to: those of the public Internet, and what an administrator listed.
package struct AddressGuard: Sendable {
    /// Everything that is not the public Internet: private networks, this machine, link-local addresses with the clouds'
    /// metadata services (Azure's has a public address), and forms that carry an IPv4 address within an IPv6 one (IANA's
    /// special-purpose registries).
    private static let special: [AddressRange] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "168.63.129.16/32", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    ].compactMap { try? AddressRange($0) }

    private let allow: [AddressRange]
    private let lookUp: @Sendable (String) async throws(DeliveryFailure) -> [String]

    package init(allow: [AddressRange]) { self.init(allow: allow, lookUp: NameLookup.addresses) }

    /// `lookUp`: the addresses of a name; for tests.
    init(allow: [AddressRange], lookUp: @escaping @Sendable (String) async throws(DeliveryFailure) -> [String]) {
        self.allow = allow
        self.lookUp = lookUp
    }

    /// The addresses to connect to, the best first. `isTrusted`: an administrator wrote the host and port, so that any
    /// will do.
    func addresses(of host: String, isTrusted: Bool) async throws(DeliveryFailure) -> [String] {
        let addresses = try await lookUp(host)
        guard let first = addresses.first else { throw DeliveryFailure("\(host) has no address") }
        let found = addresses.filter { isTrusted || isAllowed($0) }
        if !found.isEmpty { return found }
        throw DeliveryFailure(
            "\(host) is at \(first), which is not on the public Internet; list it in notices.allow to permit it")
    }

    func isAllowed(_ address: String) -> Bool {
        allow.contains { $0.contains(address) } || !Self.special.contains { $0.contains(address) }
    }
}

enum NameLookup {
    private static let limit = DispatchTimeInterval.seconds(5)

    /// Every address of a host name or of an address in any writing, as numbers.
    static func addresses(of host: String) async throws(DeliveryFailure) -> [String] {
        let result = await withCheckedContinuation { continuation in
            let once = Once(continuation)
            // The system's resolver blocks its thread and knows no deadline of ours.
            DispatchQueue.global().async { once.resume(resolve(host)) }
            DispatchQueue.global().asyncAfter(deadline: .now() + limit) { once.resume(nil) }
        }
        guard let result else { throw DeliveryFailure("\(host) could not be looked up in 5 s") }
        return try result.get()
    }

    private static func resolve(_ host: String) -> Result<[String], DeliveryFailure> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            return .failure(DeliveryFailure("\(host) could not be looked up: \(String(cString: gai_strerror(status)))"))
        }
        defer { freeaddrinfo(list) }
        var found: [String] = []
        var entry = list
        while let info = entry?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            {
                found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            entry = info.ai_next
        }
        return .success(found)
    }
}

/// Whoever comes first.
private final class Once: Sendable {
    typealias Answer = Result<[String], DeliveryFailure>?
    private let continuation: Mutex<CheckedContinuation<Answer, Never>?>

    init(_ continuation: CheckedContinuation<Answer, Never>) { self.continuation = Mutex(continuation) }

    func resume(_ answer: Answer) {
        let waiting = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        waiting?.resume(returning: answer)
    }
}
