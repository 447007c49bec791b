/// Where a Consul is that keeps the keys instead of this server's database.
package struct ConsulSettings: Sendable, Hashable {
    /// `http://127.0.0.1:8500`, without a path.
    package let address: String
    /// File with the token that Consul wants; nil: none is sent.
    package var tokenFile: String?
    /// PEM file with the certificates that may have signed Consul's; nil: the system's.
    package var authority: String?

    package init(address: String) { self.address = address }
}
