import Foundation
import MartletCore
import MartletTesting
import NIOCore
import Testing

@testable import MartletNotify

/// Where messages may go.
@Suite struct AddressTests {
    /// No message is sent late here: a busy machine gets its time.
    private func client(guardian: AddressGuard) -> WebClient { WebClient(guardian: guardian, limit: .seconds(120)) }

    private static func lookUp(_ addresses: [String: [String]])
        -> @Sendable (String) async throws(DeliveryFailure) -> [String]
    {
        { host throws(DeliveryFailure) in addresses[host] ?? [host] }
    }

    @Test(arguments: [
        "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.9.9.9", "0.0.0.0",
        "169.254.169.254",
        "168.63.129.16", "100.100.100.200", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.192",
        "::1", "::", "fe80::1", "fd00:ec2::254", "fc00::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "::127.0.0.1", "ff02::1", "2001:0:1::",
    ]) func `what is not the public Internet is refused`(address: String) async throws {
        #expect(!AddressGuard(allow: []).isAllowed(address))
        let robot = try FakeRobot()
        let literal = address.contains(":") ? "[\(address)]" : address
        let request = WebRequest(address: try #require(WebAddress("http://\(literal):\(robot.port)/")), body: [])
        await #expect(throws: DeliveryFailure.self) {
            _ = try await client(guardian: AddressGuard(allow: [])).post(request, isTrusted: false)
        }
        #expect(robot.requests.isEmpty)
    }

    @Test(arguments: ["1.1.1.1", "8.8.8.8", "47.246.1.1", "172.32.0.1", "2400:3200::1", "2606:4700::1111"])
    func `the public Internet is not`(address: String) { #expect(AddressGuard(allow: []).isAllowed(address)) }

    @Test(arguments: ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
    func `another writing of an address is the same address`(host: String) async throws {
        let robot = try FakeRobot()
        let request = WebRequest(address: try #require(WebAddress("http://\(host):\(robot.port)/")), body: [])
        await #expect(throws: DeliveryFailure.self) {
            _ = try await client(guardian: AddressGuard(allow: [])).post(request, isTrusted: false)
        }
        #expect(robot.requests.isEmpty)
    }

    @Test func `an administrator may list a range, or write an address himself`() async throws {
        let robot = try FakeRobot()
        let request = WebRequest(address: try #require(WebAddress(robot.url + "/x")), body: [])
        let listed = client(guardian: AddressGuard(allow: [try AddressRange("127.0.0.0/8")]))
        #expect(try await listed.post(request, isTrusted: false).status == 200)
        #expect(try await client(guardian: AddressGuard(allow: [])).post(request, isTrusted: true).status == 200)
    }

    @Test func `the address that was checked is the one that is connected to`() async throws {
        let robot = try FakeRobot()
        // The name leads nowhere: only the checked address can be what is connected to.
        let guardian = AddressGuard(
            allow: [try AddressRange("127.0.0.1")], lookUp: Self.lookUp(["robot.invalid": ["10.0.0.1", "127.0.0.1"]]))
        let request = WebRequest(address: try #require(WebAddress("http://robot.invalid:\(robot.port)/x")), body: [])
        #expect(try await client(guardian: guardian).post(request, isTrusted: false).status == 200)
        #expect(robot.requests.first?.headers["host"] == "robot.invalid:\(robot.port)")
    }

    @Test func `a name in upper case is the same name`() async throws {
        let robot = try FakeRobot()
        let guardian = AddressGuard(
            allow: [try AddressRange("127.0.0.1")], lookUp: Self.lookUp(["robot.invalid": ["127.0.0.1"]]))
        let web = client(guardian: guardian)
        let request = WebRequest(
            address: try #require(WebAddress("HTTP://ROBOT.Invalid:\(robot.port)/X?Y=Z")), body: [])
        #expect(try await web.post(request, isTrusted: false).status == 200)
        let hop = try FakeRobot { _, _ in .redirect(307, to: "http://ROBOT.INVALID:\(robot.port)/Hop") }
        let second = WebRequest(address: try #require(WebAddress(hop.url)), body: [])
        #expect(try await web.post(second, isTrusted: false).status == 200)
        #expect(robot.requests.map(\.path) == ["/X?Y=Z", "/Hop"])
    }

    @Test func `the next address is tried when one takes no connection, an address that is refused never`() async throws
    {
        let robot = try FakeRobot()
        let request = WebRequest(address: try #require(WebAddress("http://robot.invalid:\(robot.port)/x")), body: [])
        let addresses = Self.lookUp(["robot.invalid": ["::1", "127.0.0.2", "127.0.0.1"]])
        let trusting = AddressGuard(allow: [], lookUp: addresses)
        #expect(try await client(guardian: trusting).post(request, isTrusted: true).status == 200)
        let guarded = AddressGuard(allow: [try AddressRange("127.0.0.2")], lookUp: addresses)
        await #expect(throws: DeliveryFailure.self) {
            _ = try await client(guardian: guarded).post(request, isTrusted: false)
        }
        #expect(robot.requests.count == 1)
        // One that took the message and said nothing is not asked elsewhere.
        let mute = try FakeRobot { _, _ in .close }
        let twice = AddressGuard(allow: [], lookUp: Self.lookUp(["mute.invalid": ["127.0.0.1", "127.0.0.1"]]))
        let third = WebRequest(address: try #require(WebAddress("http://mute.invalid:\(mute.port)/x")), body: [])
        await #expect(throws: DeliveryFailure.self) {
            _ = try await client(guardian: twice).post(third, isTrusted: true)
        }
        #expect(mute.requests.count == 1)
    }

    @Test(arguments: [301, 302, 307, 308]) func `a redirect is checked like the first address`(status: Int) async throws
    {
        let target = try FakeRobot()
        for location in [
            "http://169.254.169.254/latest/meta-data", "\(target.url)/in", "file:///etc/passwd", "//10.0.0.1/",
        ] {
            let robot = try FakeRobot { _, _ in .redirect(status, to: location) }
            let request = WebRequest(address: try #require(WebAddress(robot.url + "/x")), body: Array("{}".utf8))
            await #expect(throws: DeliveryFailure.self, "\(location)") {
                _ = try await client(guardian: AddressGuard(allow: [])).post(request, isTrusted: true)
            }
            #expect(robot.requests.count == 1)
        }
        #expect(target.requests.isEmpty)
    }

    @Test func `a redirect to the same place is followed three times at most, with the same body`() async throws {
        let robot = try FakeRobot { number, _ in number < 3 ? .redirect(307, to: "/hop\(number)") : .ok }
        let request = WebRequest(address: try #require(WebAddress(robot.url + "/x")), body: Array("{}".utf8))
        let web = client(guardian: AddressGuard(allow: []))
        #expect(try await web.post(request, isTrusted: true).status == 200)
        #expect(robot.requests.map(\.path) == ["/x", "/hop0", "/hop1", "/hop2"])
        #expect(robot.requests.allSatisfy { $0.text == "{}" })
        let endless = try FakeRobot { _, _ in .redirect(302, to: "/x") }
        let second = WebRequest(address: try #require(WebAddress(endless.url + "/x")), body: [])
        await #expect(throws: DeliveryFailure.self) { _ = try await web.post(second, isTrusted: true) }
        #expect(endless.requests.count == 4)
    }

    @Test func `TLS is not given up`() throws {
        let address = try #require(WebAddress("https://robot.example/a?b=c"))
        #expect(address.redirected(to: "http://robot.example/") == nil)
        #expect(address.redirected(to: "/next")?.text == "https://robot.example/next")
        #expect(address.origin == "https://robot.example")
    }

    @Test(arguments: [
        "ftp://x/", "http://", "http://user:pass@x/", "http://x/#f", "http://x y/", "file:///x", "x", "", "http://x:0/",
        "http://x:99999/", "http://x/\u{0}", "javascript:alert(1)",
    ]) func `other addresses are none`(text: String) { #expect(WebAddress(text) == nil) }
}
