import Foundation
import MartletCore
import MartletTesting
import NIOCore
import Testing

@testable import MartletNotify

/// Channels against robots that answer slowly, wrongly, with the platforms' codes, and not at all.
/// cache-load contract §5 case 46, F23.
@Suite struct ChannelTests {
    static let secret = "SEC0123456789abcdef"
    static let token = "tok0123456789abcdef"
    static let now = Date(milliseconds: 1_700_000_000_000)

    static func channel(
        _ kind: String, _ url: String, _ more: [String: JSONValue] = [:], limit: TimeAmount = .seconds(120),
        guardian: AddressGuard = AddressGuard(allow: [])
    ) throws -> DeliveryChannel {
        var members: [String: JSONValue] = ["name": "ops", "kind": .string(kind), "url": .string(url)]
        if kind != "webhook" { members["token"] = .string(token) }
        members.merge(more) { $1 }
        let problems = Fields.Problems()
        let settings = ChannelSettings.parse([.object(members)], at: "channels", problems: problems) { _ in nil }
        try problems.check("the channel")
        return DeliveryChannel(
            try #require(settings.first), sendmail: "/nonexistent", client: WebClient(guardian: guardian, limit: limit),
            secrets: { _ in ["robot": Secret(Self.secret)] }, now: { now })
    }

    static func message(_ title: String = "通知:nightly success") -> NoticeMessage {
        NoticeMessage([
            Notice(
                number: 7, channel: "ops", cause: "test 1", content: .init(title: title, events: [.always], end: nil),
                createdAt: now, dueAt: now, expiresAt: now)
        ])
    }

    /// What sending fails with; nil: it was taken.
    static func failure(_ channel: DeliveryChannel, _ message: NoticeMessage = message()) async -> DeliveryFailure? {
        do throws(DeliveryFailure) {
            try await channel.send(message)
            return nil
        } catch {
            return error
        }
    }

    // MARK: What is sent

    @Test func `dingtalk gets a text, signed when there is a secret`() async throws {
        let robot = try FakeRobot()
        #expect(await Self.failure(try Self.channel("dingtalk", robot.url)) == nil)
        #expect(await Self.failure(try Self.channel("dingtalk", robot.url, ["secret": .string(Self.secret)])) == nil)
        let requests = robot.requests
        #expect(requests[0].path == "/robot/send?access_token=\(Self.token)")
        #expect(requests[0].text == #"{"msgtype":"text","text":{"content":"通知:nightly success"}}"#)
        #expect(
            requests[1].path
                == "/robot/send?access_token=\(Self.token)&timestamp=1700000000000&sign=TSZbRFUuvaSQaRKUpF970OPCb2%2FLcQAP3wOvwZIzBZk%3D"
        )
    }

    @Test func `markdown shows what would be formatting as it is`() async throws {
        let robot = try FakeRobot()
        let channel = try Self.channel("dingtalk", robot.url, ["format": "markdown"])
        #expect(await Self.failure(channel, Self.message("通知:a_b* [x](y)")) == nil)
        let body = try JSONParser.parse(robot.requests[0].body).object?["markdown"]?.object
        #expect(body?["text"]?.string == #"**通知:a\_b\* \[x\](y)**"#)
        #expect(body?["title"]?.string == "通知:a_b* [x](y)")
    }

    @Test func `wecom and feishu get what they take, feishu signed`() async throws {
        let robot = try FakeRobot { _, request in
            .reply(200, request.path.hasPrefix("/open-apis") ? #"{"code":0,"msg":"success"}"# : #"{"errcode":0}"#)
        }
        #expect(await Self.failure(try Self.channel("wecom", robot.url)) == nil)
        #expect(await Self.failure(try Self.channel("feishu", robot.url, ["secret": ["secret": "robot"]])) == nil)
        let requests = robot.requests
        #expect(requests[0].path == "/cgi-bin/webhook/send?key=\(Self.token)")
        #expect(requests[1].path == "/open-apis/bot/v2/hook/\(Self.token)")
        #expect(
            requests[1].text
                == #"{"content":{"text":"通知:nightly success"},"msg_type":"text","sign":"PiO7POLlSx/DM2qf8Dy/XCWeJK3exVnevp5G99LEN2M=","timestamp":"1700000000"}"#
        )
    }

    @Test func `a webhook gets CloudEvents with a signature over time and body`() async throws {
        let robot = try FakeRobot { _, _ in .reply(204, "") }
        let channel = try Self.channel("webhook", robot.url + "/in?x=1", ["secret": .string(Self.secret)])
        #expect(await Self.failure(channel) == nil)
        let request = robot.requests[0]
        #expect(request.path == "/in?x=1")
        #expect(request.headers["ce-id"] == "notice-7" && request.headers["ce-specversion"] == "1.0")
        #expect(request.headers["ce-time"] == "2023-11-14T22:13:20.000Z")
        #expect(request.headers["ce-type"] == "martlet.test" && request.headers["ce-source"]?.isEmpty == false)
        let sign = Signature.webhook(1_700_000_000, request.body, Self.secret)
        #expect(request.headers["x-martlet-signature"] == "t=1700000000,v1=\(sign)")
        #expect(
            Signature.webhook(1_700_000_000, Array(#"{"a":1}"#.utf8), Self.secret)
                == "0ac50308670532f80b9bd5071349ca5e2810022339f19715753991fc9749c9b2")
        #expect(try JSONParser.parse(request.body).object?["title"] == "通知:nightly success")
    }

    @Test(arguments: ["dingtalk", "wecom", "feishu"]) func `no body passes what the platform takes`(kind: String) throws
    {
        let channel = try Self.channel(kind, "http://127.0.0.1:1")
        let notice = Self.message(String(repeating: "通知\"\\", count: 3000)).notices[0]
        let many = NoticeMessage(Array(repeating: notice, count: 200))
        for message in [NoticeMessage([notice]), many] {
            let request = try channel.settings.request(message, token: Self.token, secret: nil, at: Self.now)
            #expect(request.body.count <= 20_000 && request.body.count > 1500)
            let body = try JSONParser.parse(request.body).object
            let text = (body?["text"]?.object?["content"] ?? body?["content"]?.object?["text"])?.string ?? ""
            #expect(text.utf8.count <= (kind == "wecom" ? 2048 : 20_000) && text.hasSuffix("..."))
        }
    }

    @Test(arguments: [
        ("dingtalk", "text"), ("dingtalk", "markdown"), ("wecom", "text"), ("wecom", "markdown"), ("feishu", "text"),
    ]) func `each notice of a digest has its line, whatever is in it, failures first`(kind: String, format: String)
        throws
    {
        let channel = try Self.channel(kind, "http://127.0.0.1:1", format == "text" ? [:] : ["format": "markdown"])
        for filling in ["\\", "\"", "<", "_", "通", "x"] {
            let notices = (0..<channel.pace.mostInDigest).map { index in
                var notice = Self.message("告警:\(index)." + String(repeating: filling, count: 300)).notices[0]
                var end = NoticeEnd()
                end.count(1, index < 2 ? .succeeded : .failed, nil, nil)
                notice.content.end = end
                notice.mayBeRepeated = true
                return notice
            }
            let request = try channel.settings.request(
                NoticeMessage(notices), token: Self.token, secret: nil, at: Self.now)
            #expect(request.body.count <= 20_000)
            let body = try JSONParser.parse(request.body).object
            let text =
                (body?["text"]?.object?["content"] ?? body?["content"]?.object?["text"]
                ?? body?["markdown"]?.object?["text"] ?? body?["markdown"]?.object?["content"])?.string ?? ""
            #expect(!text.contains("未列出"), "\(filling)")
            let lines = text.split(separator: "\n")
            #expect(lines.count == notices.count + 1)
            #expect(lines.dropFirst().first?.hasPrefix("告警:2.") == true)
            #expect(lines.last?.hasPrefix("告警:1.") == true)
        }
    }

    @Test func `nobody is called, and wecom gets no formatting`() async throws {
        let robot = try FakeRobot { _, request in
            .reply(200, request.path.hasPrefix("/open-apis") ? #"{"code":0}"# : #"{"errcode":0}"#)
        }
        let message = Self.message(#"通知:<at user_id="all">x</at> <@all> [a](b) *c* `d`"#)
        for (kind, more) in [
            ("feishu", [:]), ("wecom", [:]), ("wecom", ["format": "markdown"]),
        ] as [(String, [String: JSONValue])] {
            #expect(await Self.failure(try Self.channel(kind, robot.url, more), message) == nil)
        }
        let texts = try robot.requests.map { request -> String? in
            let body = try JSONParser.parse(request.body).object
            let part = body?["content"]?.object ?? body?["text"]?.object ?? body?["markdown"]?.object
            return (part?["text"] ?? part?["content"])?.string
        }
        let calm = #"通知:＜at user_id="all">x＜/at> ＜@all> [a](b) *c* `d`"#
        #expect(texts == [calm, calm, #"**通知:at user_id="all">x/at> @all> a(b) c d**"#])
    }

    @Test func `a webhook is done with the status`() async throws {
        for answer in [FakeRobot.Answer.reply(200, String(repeating: "x", count: 1 << 20)), .drip] {
            let robot = try FakeRobot { _, _ in answer }
            let started = ContinuousClock.now
            #expect(await Self.failure(try Self.channel("webhook", robot.url, limit: .seconds(300))) == nil)
            // A body that drips takes a hundred seconds.
            #expect(ContinuousClock.now - started < .seconds(60))
        }
    }

    // MARK: What is answered

    @Test(arguments: [
        ("dingtalk", #"{"errcode":88,"errmsg":"bad token"}"#, false),
        ("dingtalk", #"{"errcode":88,"errmsg":"x","sub_code":"90018"}"#, true),
        ("feishu", #"{"code":9499,"msg":"Bad Request"}"#, false),
        ("feishu", #"{"code":9499,"msg":"too many request"}"#, true),
        ("feishu", #"{"code":11232,"msg":"x"}"#, true), ("wecom", #"{"errcode":45009,"errmsg":"x"}"#, true),
    ]) func `only what says that it is too much mutes`(kind: String, body: String, isThrottled: Bool) async throws {
        let robot = try FakeRobot { _, _ in .reply(200, body) }
        #expect(await Self.failure(try Self.channel(kind, robot.url))?.isThrottled == isThrottled)
    }

    @Test(
        arguments: [
            (
                FakeRobot.Answer.reply(200, #"{"errcode":310000,"errmsg":"keywords not in content"}"#),
                "it answered 200 with code 310000: keywords not in content", false, false
            ),
            (
                .reply(200, #"{"errcode":130101,"errmsg":"send too fast"}"#),
                "it answered 200 with code 130101: send too fast", true, false
            ),
            (.reply(200, #"{"errcode":0.0}"#), "it answered 200 without a code of the platform", false, true),
            (.reply(500, "oops"), "it answered 500 without a code of the platform", false, false),
            (.reply(500, #"{"errcode":0}"#), "it answered 500 with code 0", false, false),
            (.reply(429, ""), "it answered 429 without a code of the platform", true, false),
            (.reply(200, "<html>"), "it answered 200 without a code of the platform", false, true),
            (.reply(200, String(repeating: "x", count: 1 << 20)), "the answer is longer than 64 KiB", false, true),
            (.hang, "no answer within 10 s", false, true), (.drip, "no answer within 10 s", false, true),
            (.reply(200, #"{"errcode":0}"#, after: 300), "no answer within 10 s", false, true),
        ] as [(FakeRobot.Answer, String, Bool, Bool)])
    func `an answer is a success only with 2xx and code 0`(
        answer: FakeRobot.Answer, text: String, isThrottled: Bool, mayHaveArrived: Bool
    ) async throws {
        let robot = try FakeRobot { _, _ in answer }
        let started = ContinuousClock.now
        // Only who is not answered in time may see it pass.
        let limit: TimeAmount = text.hasPrefix("no answer") ? .seconds(10) : .seconds(120)
        let failure = await Self.failure(try Self.channel("dingtalk", robot.url, limit: limit))
        #expect(failure == DeliveryFailure(text, isThrottled: isThrottled, mayHaveArrived: mayHaveArrived))
        #expect(ContinuousClock.now - started < .seconds(90))
    }

    @Test func `a connection that ends or cannot be made is told apart`() async throws {
        let robot = try FakeRobot { _, _ in .close }
        let ended = await Self.failure(try Self.channel("dingtalk", robot.url))
        #expect(ended?.mayHaveArrived == true && ended?.isThrottled == false)
        let refused = await Self.failure(try Self.channel("dingtalk", "http://127.0.0.1:1"))
        #expect(refused?.mayHaveArrived == false && refused?.description.hasPrefix("no connection: ") == true)
    }

    @Test func `a platform that repeats what it was sent tells no secret`() async throws {
        let robot = try FakeRobot { _, request in .reply(200, #"{"errcode":1,"errmsg":"bad \#(request.path)"}"#) }
        let failure = await Self.failure(try Self.channel("dingtalk", robot.url, ["secret": .string(Self.secret)]))
        #expect(failure?.description.contains("code 1: bad /robot/send") == true)
        #expect(failure?.description.contains(Self.token) == false)
    }

    @Test func `a stored secret that is missing is named`() async throws {
        let channel = try Self.channel("dingtalk", "http://127.0.0.1:1", ["token": ["secret": "absent"]])
        #expect(await Self.failure(channel)?.description.contains("martlet secret set absent") == true)
    }
}
