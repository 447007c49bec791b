import Foundation
import MartletGzip
import Testing

@Suite struct GzipTests {
    /// The system's gzip judges.
    @Test(arguments: [0, 1, 1000, 3_000_000]) func `what is packed unpacks to the same bytes`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
        let packed = try #require(Gzip.pack(bytes))
        #expect(packed.starts(with: [0x1F, 0x8B]))
        let place = FileManager.default.temporaryDirectory.appending(path: "martlet-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: place) }
        try Data(packed).write(to: place)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", place.path]
        // A file: the end of a pipe would not come while a server that another test just starts holds it open.
        let output = place.appendingPathExtension("unpacked")
        defer { try? FileManager.default.removeItem(at: output) }
        try Data().write(to: output)
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try Data(contentsOf: output) == Data(bytes))
    }

    @Test func `text becomes much smaller`() throws {
        let text = Array(String(repeating: #"{"ID":"job","Status":"running"}"#, count: 1000).utf8)
        #expect(try #require(Gzip.pack(text)).count < text.count / 20)
    }
}

@Suite struct AcceptEncodingTests {
    @Test(arguments: [
        (["gzip, deflate"], true), (["deflate"], false), ([], false), ([""], false), (["GZIP"], true),
        (["gzip;q=0"], false), (["gzip; q=0.0, *"], false), (["*"], true), (["*;q=0"], false), (["br", "gzip"], true),
        (["gzip;q=0.001"], true), (["identity;q=1, *;q=0"], false), (["x-gzip"], true), (["gzip;level=9;q=0"], false),
        (["gzip;q="], false), (["gzip;q=abc"], false), (["gzip;q=nan"], false), ([";,;,=;q=1,,"], false),
        ([String(repeating: "gzip;q=0,", count: 5000)], false),
    ]) func `gzip is sent to whoever takes it`(values: [String], isTaken: Bool) {
        #expect(AcceptEncoding(values).takesGzip == isTaken)
    }
}
