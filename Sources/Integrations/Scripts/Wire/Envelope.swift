import GoWire

/// The JSON around every answer.
struct Envelope: Sendable {
    let data: WireValue
    let msg: String
    let isFailure: Bool

    /// `note` says something about a call that went well.
    static func ok(_ data: WireValue, note: String = "") -> Envelope {
        Envelope(data: data, msg: note, isFailure: false)
    }

    static func failed(_ msg: String, data: WireValue = "") -> Envelope {
        Envelope(data: data, msg: msg, isFailure: true)
    }

    /// Some callers read a failure's text from `message`, others from `msg`: it is in both.
    var bytes: [UInt8] {
        var members: [(String, WireValue)] = [("code", isFailure ? 1 : 0), ("data", data), ("msg", .string(msg))]
        if isFailure { members.append(("message", .string(msg))) }
        return WireWriter.bytes(.object(members))
    }
}
