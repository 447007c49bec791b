package import GoWire
package import MartletCore

/// The body of `POST /v1/jobs/parse`.
package struct ParseRequest: Sendable, Hashable {
    package let text: String
    /// Whether the answer has all defaults filled in.
    package let isCanonical: Bool

    private static let shape = Shape("JobsParseRequest", [.plain("JobHCL", .string), .plain("Canonicalize", .bool)])

    /// Throws the text that a 400 answers with.
    package init(body: [UInt8]) throws(GoJSONError) {
        let values = try ShapeDecoder.object(GoJSON.firstDocument(body).value, as: Self.shape)
        text = values.text("JobHCL")
        isCanonical = values.flag("Canonicalize")
        if text.isEmpty { throw GoJSONError("Job spec is empty") }
    }

    /// The job. Throws the text that a 400 answers with.
    package func answer() throws(GoJSONError) -> JSONValue { try JobFile.json(text, isCanonical: isCanonical) }
}
