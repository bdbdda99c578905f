import Foundation
import MoE

/// The machine that figures were measured on.
enum Machine {
    /// The processor's name, as the system gives it.
    static var processor: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        for line in lines.split(separator: "\n") where line.hasPrefix("model name") {
            return line.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? ""
        }
        return "unknown processor"
    }
}
