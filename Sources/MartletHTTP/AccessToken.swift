import HTTPTypes
import Hummingbird

/// The admin token of this server.
package struct AccessToken: Sendable {
    private let bytes: [UInt8]
    package init(_ token: String) { bytes = Array(token.utf8) }

    /// Whether a request carries it: `Authorization: Bearer`, or `X-Nomad-Token` as Nomad's clients send it.
    func admits(_ request: Request) -> Bool {
        if let nomad = request.headers[.nomadToken] { return admits("Bearer \(nomad)") }
        return admits(request.headers[.authorization])
    }

    /// Whether an `Authorization` header carries it. Takes the same time for every wrong token of its length.
    func admits(_ authorization: String?) -> Bool {
        guard let authorization else { return false }
        var given = authorization.utf8[...]
        guard given.count == bytes.count + 7, given.prefix(7).elementsEqual("bearer ".utf8, by: Self.sameLetter)
        else { return false }
        given = given.dropFirst(7)
        var difference: UInt8 = 0
        for (mine, theirs) in zip(bytes, given) { difference |= mine ^ theirs }
        return difference == 0
    }

    private static func sameLetter(_ one: UInt8, _ other: UInt8) -> Bool { one | 0x20 == other }
}
