import Foundation
import GenerateEngine
import Testing

@Suite("A text to measure on")
struct SourceTextTests {
    @Test("is sampled in stretches from all of it, in order", arguments: [100, 1024, 1500, 5000])
    func sample(count: Int) throws {
        // Every byte says where it stands.
        let text = (0..<4096).map { UInt8($0 / 16) }
        let path = NSTemporaryDirectory() + "text-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text).write(to: URL(fileURLWithPath: path))
        let found = try SourceText.sample(path, count: count)

        #expect(found == found.sorted())
        #expect(found.first == 0 && found.count <= count)
        switch count {
        case 100: #expect(found.count == 100)
        case 1024, 1500: #expect(found.count == 1024 && (found.last ?? 0) > 128)
        default: #expect(found == text)
        }
    }

    @Test("that is not there is refused by its name")
    func missing() {
        let error = #expect(throws: EngineError.self) {
            try SourceText.sample("/nonexistent/text", count: 1)
        }
        #expect(error?.description.contains("/nonexistent/text") == true)
    }
}
