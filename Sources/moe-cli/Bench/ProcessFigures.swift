import Foundation

/// What the system counts of this process; nil where it does not say.
struct ProcessFigures {
    /// Bytes of files that are mapped and in memory.
    let residentFileBytes: Int?
    /// Bytes of memory of its own.
    let residentBytes: Int?
    /// Bytes that were read from disks for it.
    let diskBytes: Int?

    /// The figures as they are now.
    init() {
        let status = Self.numbers("/proc/self/status")
        residentFileBytes = status["RssFile"].map { $0 * 1024 }
        residentBytes = status["RssAnon"].map { $0 * 1024 }
        diskBytes = Self.numbers("/proc/self/io")["read_bytes"]
    }

    /// The lines of a file that are a name, a colon and a number.
    private static func numbers(_ path: String) -> [String: Int] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        var numbers: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split { $0 == ":" || $0 == " " || $0 == "\t" }
            if parts.count >= 2, let number = Int(parts[1]) { numbers[String(parts[0])] = number }
        }
        return numbers
    }
}
