/// The bytes of a connection, plain or through TLS. Blocks its thread.
protocol ByteStream: AnyObject {
    /// Appends what has come, at least one byte.
    /// - Throws: `timeout`, `closed`, `interrupted`, `tls`.
    func read(into buffer: inout [UInt8], waiting: String) throws(WireError)
    func write(_ bytes: [UInt8]) throws(WireError)
    /// Longest silence while reading or writing.
    var timeout: Duration { get set }
    func close()
}
