#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a user reads beside a command's output.
enum StandardError {
    /// Prints a line; what cannot be written is lost, as it is with any message.
    static func print(_ line: String) {
        put(line + "\n")
    }

    /// Prints text without ending its line.
    static func put(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
