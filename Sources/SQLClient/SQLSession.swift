internal import CMariaDB

/// One session with a MySQL or MariaDB server. Belongs to one thread at a time, which it blocks; end it from elsewhere by its
/// `interrupter`. Statements go as UTF-8 (utf8mb4); values come as the server sends them. Affected rows are those that were
/// found, changed or not.
package final class SQLSession {
    let handle: UnsafeMutablePointer<MYSQL>
    package let settings: SQLSettings
    package let interrupter: SQLInterrupter
    package let flavor: Flavor
    /// The number to name in KILL.
    package let connectionID: UInt
    package let isEncrypted: Bool
    private var isOpen = true
    /// Gives the data of the load that is going on.
    var feed: Feed?

    /// Connects and logs in, encrypted where the server can; nobody is verified.
    /// - Throws: `SQLError`; a refusal of the server keeps its own words.
    package init(_ settings: SQLSettings, interrupter: SQLInterrupter = SQLInterrupter()) throws(SQLError) {
        guard Self.library == 0, let handle = mysql_init(nil) else {
            throw SQLError(code: 2008, message: "no memory for a connection")
        }
        self.settings = settings
        self.interrupter = interrupter
        self.handle = handle
        Self.prepare(handle, settings)
        guard Self.connect(handle, settings) else {
            let error = Self.error(handle)
            mysql_close(handle)
            throw error
        }
        interrupter.adopt(mysql_get_socket(handle))
        flavor = Flavor(mysql_get_server_info(handle).map { String(cString: $0) } ?? "")
        connectionID = UInt(mysql_thread_id(handle))
        isEncrypted = mysql_get_ssl_cipher(handle) != nil
        refuseUnaskedLoads()
    }

    deinit { close() }

    /// Says good-bye and closes; more than once is fine.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        interrupter.release()
        mysql_close(handle)
    }

    /// Not thread-safe by itself, so once.
    private static let library = mysql_server_init(0, nil, nil)

    private static func prepare(_ handle: UnsafeMutablePointer<MYSQL>, _ settings: SQLSettings) {
        set(handle, MYSQL_OPT_CONNECT_TIMEOUT, seconds(settings.connectTimeout))
        let silence = settings.readTimeout.map(seconds) ?? 0
        set(handle, MYSQL_OPT_READ_TIMEOUT, silence)
        set(handle, MYSQL_OPT_WRITE_TIMEOUT, silence)
        set(handle, MYSQL_OPT_LOCAL_INFILE, UInt32(1))
        set(handle, MYSQL_OPT_SSL_ENFORCE, my_bool(1))
        set(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool(0))
        set(handle, MYSQL_OPT_RECONNECT, my_bool(0))
        set(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, 1 << 30)
        _ = "utf8mb4".withCString { mysql_options(handle, MYSQL_SET_CHARSET_NAME, $0) }
    }

    private static func set<Value>(_ handle: UnsafeMutablePointer<MYSQL>, _ option: mysql_option, _ value: Value) {
        _ = withUnsafePointer(to: value) { mysql_options(handle, option, $0) }
    }

    /// The library knows whole seconds; none would mean for ever.
    private static func seconds(_ duration: Duration) -> UInt32 {
        UInt32(clamping: max(1, duration.components.seconds))
    }

    private static func connect(_ handle: UnsafeMutablePointer<MYSQL>, _ settings: SQLSettings) -> Bool {
        let flags = UInt(CLIENT_FOUND_ROWS)
        return switch settings.address {
        case .host(let host, let port):
            mysql_real_connect(
                handle, numeric(host), settings.user, settings.password, nil, UInt32(port), nil, flags) != nil
        case .socket(let path):
            mysql_real_connect(handle, nil, settings.user, settings.password, nil, 0, path, flags) != nil
        }
    }

    /// To the library `localhost` means the Unix socket of some server of this machine.
    private static func numeric(_ host: String) -> String { host.lowercased() == "localhost" ? "127.0.0.1" : host }

    static func error(_ handle: UnsafeMutablePointer<MYSQL>) -> SQLError {
        SQLError(
            code: Int(mysql_errno(handle)), state: mysql_sqlstate(handle).map { String(cString: $0) } ?? "HY000",
            message: mysql_error(handle).map { String(cString: $0) } ?? "unknown error")
    }
}
