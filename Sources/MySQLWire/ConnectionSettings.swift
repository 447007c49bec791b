/// Where a server is and how to log in.
package struct ConnectionSettings: Sendable {
    package enum Address: Sendable, Equatable {
        case host(String, port: UInt16)
        case socket(path: String)
    }

    /// What protects the connection.
    package enum TLS: Sendable, Equatable {
        case off
        /// Encrypted when the server can; nobody is verified.
        case preferred
        /// Encrypted or not at all; nobody is verified.
        case required
        /// The server's certificate is signed by the authority.
        case verifyAuthority
        /// … and is made out to the name or address we connect to.
        case verifyName
    }

    /// The server's key for a password over a connection without TLS.
    package enum PublicKey: Sendable, Equatable {
        /// Ask the server: whoever stands between can give its own.
        case fromServer
        case pem(String)
        case refuse
    }

    package var address: Address
    package var user: String
    /// Never printed, logged or sent in clear.
    package var password: String
    package var schema: String?
    package var tls = TLS.preferred
    /// PEM file; nil: the system's authorities.
    package var authorityFile: String?
    /// PEM files of a certificate of our own and its key.
    package var certificateFile: String?
    package var keyFile: String?
    package var publicKey = PublicKey.fromServer
    /// Shown by the server beside the connection.
    package var attributes: [String: String] = [:]
    /// Whether `load` may send data; a server cannot ask for files in any case.
    package var allowsLocalData = false
    package var connectTimeout: Duration = .seconds(10)
    /// Longest silence while an answer is due.
    package var readTimeout: Duration = .seconds(60)
    /// Bytes of one packet, put together again.
    package var largestPacket = 1 << 30 + 64

    package init(address: Address, user: String, password: String) {
        self.address = address
        self.user = user
        self.password = password
    }
}

extension ConnectionSettings: CustomStringConvertible, CustomReflectable {
    package var description: String {
        switch address {
        case .host(let name, let port): "\(user)@\(name):\(port)"
        case .socket(let path): "\(user)@\(path)"
        }
    }

    /// A dump of the settings must not show the password either.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
