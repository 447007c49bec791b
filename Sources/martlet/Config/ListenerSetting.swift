import Foundation
import MartletCore

/// The one text of the setting `listen`: addresses joined by commas, or JSON with texts and objects.
enum ListenerSetting {
    static func entries(_ text: String) throws -> [JSONValue] {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("[{") || text.hasPrefix("[\"") || text.hasPrefix("{") else {
            return text.split(separator: ",").map { .string($0.trimmingCharacters(in: .whitespaces)) }.filter {
                $0 != ""
            }
        }
        let value = try JSONParser.parse(Array(text.utf8))
        return value.array ?? [value]
    }

    static func text(_ entries: [JSONValue]) -> String {
        let texts = entries.compactMap(\.string)
        return texts.count == entries.count ? texts.joined(separator: ",") : JSONText.line(.array(entries))
    }
}
