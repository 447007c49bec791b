/// Where a server is and how to log in.
package struct SQLSettings: Sendable, Hashable {
    package enum Address: Sendable, Hashable {
        case host(String, port: Int)
        case socket(path: String)
    }

    package var address: Address
    package var user: String
    /// Never printed.
    package var password: String
    package var connectTimeout: Duration = .seconds(10)
    /// Longest silence while an answer is due, in whole seconds; nil: none is too long, as for changes of large tables.
    package var readTimeout: Duration? = .seconds(60)

    package init(address: Address, user: String, password: String) {
        self.address = address
        self.user = user
        self.password = password
    }
}

extension SQLSettings: CustomStringConvertible, CustomReflectable {
    package var description: String {
        switch address {
        case .host(let name, let port): "\(user)@\(name):\(port)"
        case .socket(let path): "\(user)@\(path)"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}
