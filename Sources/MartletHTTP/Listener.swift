package import MartletCore

/// One address that the server listens on, what it serves there, and to whom.
package struct Listener: Sendable, Hashable {
    /// What can be served: the native API, the console, and the replaced systems.
    package enum Facade: String, Sendable, CaseIterable {
        case native, console, scripts, cacheLoad, clusterDeploy, jobs, kv, backups

        /// Takes the place of a system whose clients know no tokens.
        package var isLegacy: Bool { self != .native && self != .console }
    }

    package enum Authentication: String, Sendable, CaseIterable {
        /// Every call needs a token.
        case token
        /// No call needs one. Never for the native API and the console.
        case open
    }

    package struct Certificate: Sendable, Hashable {
        /// Files in PEM form: the chain, the server's own first, and its key.
        package let chain: String
        package let key: String
    }

    package let address: ListenAddress
    package let facades: Set<Facade>
    /// Nil, on loopback only: the legacy facades are open, the native API and the console need a token.
    package let authentication: Authentication?
    /// Nobody else is let in; empty: everybody.
    package let allow: [AddressRange]
    package let certificate: Certificate?

    /// Everything, on one address.
    package init(_ address: ListenAddress) {
        self.address = address
        facades = Set(Facade.allCases)
        authentication = nil
        allow = []
        certificate = nil
    }

    /// Whether a call of `facade` needs a token here.
    package func needsToken(_ facade: Facade) -> Bool {
        authentication.map { $0 == .token } ?? !facade.isLegacy
    }

    package func admits(_ caller: String?) -> Bool {
        allow.isEmpty || caller.map { caller in allow.contains { $0.contains(caller) } } ?? false
    }

    package var scheme: String { certificate == nil ? "http" : "https" }
}

// MARK: Parsing

extension Listener {
    /// Reads one entry of the setting `listen`: a text `HOST:PORT`, or an object
    /// `{address, facades, auth, allow, tls: {certificate, key}}`.
    package init(_ value: JSONValue, at path: String, problems: Fields.Problems) throws(MartletError) {
        if let text = value.string {
            self.init(try ListenAddress(text))
        } else {
            var fields = Fields(value, at: path, problems: problems)
            try self.init(&fields)
            fields.finish()
        }
        check(path, problems)
    }

    private init(_ fields: inout Fields) throws(MartletError) {
        guard let text = fields.string("address") else {
            throw MartletError(
                .invalid, "a listener has no address",
                problems: [FieldProblem(field: fields.path(of: "address"), problem: "is missing: HOST:PORT")])
        }
        address = try ListenAddress(text)
        authentication = fields.choice("auth")
        facades = Self.facades(&fields, authentication)
        var ranges: [AddressRange] = []
        for text in fields.strings("allow") ?? [] { ranges.append(try AddressRange(text)) }
        allow = ranges
        if var tls = fields.object("tls") {
            let (chain, key) = (tls.string("certificate"), tls.string("key"))
            if chain == nil { tls.problem("certificate", "is missing: a PEM file with the chain") }
            if key == nil { tls.problem("key", "is missing: a PEM file with the private key") }
            tls.finish()
            certificate = Certificate(chain: chain ?? "", key: key ?? "")
        } else {
            certificate = nil
        }
    }

    /// Without a list: everything that may be served in this way.
    private static func facades(_ fields: inout Fields, _ authentication: Authentication?) -> Set<Facade> {
        guard let words = fields.strings("facades") else {
            return Set(Facade.allCases.filter { authentication != .open || $0.isLegacy })
        }
        var facades: Set<Facade> = []
        for word in words {
            if let facade = Facade(rawValue: word) {
                facades.insert(facade)
            } else {
                let known = Facade.allCases.map(\.rawValue).joined(separator: ", ")
                fields.problem("facades", "\(word.prefix(64)) is not one of \(known)")
            }
        }
        if words.isEmpty { fields.problem("facades", "names nothing to serve") }
        // Keys are a part of the job API; alone they are what Consul's clients look for.
        if facades.contains(.jobs) { facades.insert(.kv) }
        return facades
    }

    /// What would open the server to people whom nobody let in.
    private func check(_ path: String, _ problems: Fields.Problems) {
        if authentication == .open, facades.contains(where: { !$0.isLegacy }) {
            problems.add(
                "\(path).auth",
                "open never serves native or console: give them a listener of their own with auth: token")
        }
        guard !address.isLoopback else { return }
        if authentication == nil {
            problems.add(
                path,
                "\(address) can be reached from other machines; say who may call: {address: \"\(address)\", auth: token} wants a token with every call, {address: \"\(address)\", auth: open, facades: [scripts], allow: [10.0.0.0/8]} lets these addresses in without one; or listen on 127.0.0.1:\(address.port)"
            )
        } else if authentication == .open, allow.isEmpty {
            problems.add(
                "\(path).allow", "is missing: without tokens only named addresses may call, such as allow: [10.0.0.0/8]"
            )
        }
    }
}
