import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A line on a terminal that says how far a run is: bytes, speed, time left.
///
/// Elsewhere there is none.
final class ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let state = Mutex<State>(State())

    private struct State {
        var begin: (time: ContinuousClock.Instant, completed: Int)?
        var isDrawn = false
        var hasEnded = false
    }

    /// Draws the line anew.
    func show(_ completed: Int, of total: Int) {
        guard isShown else { return }
        state.withLock { state in
            if state.hasEnded { return }
            let now = ContinuousClock.now
            // What an earlier run has done says nothing of the speed of this one.
            let begin = state.begin ?? (now, completed)
            state.begin = begin
            state.isDrawn = true
            let seconds = (now - begin.time) / .seconds(1)
            let speed = seconds > 0 ? Double(completed - begin.completed) / seconds : 0
            var text =
                "\(ByteCount(completed)) of \(ByteCount(total))"
            if speed > 0 {
                let left = Double(total - completed) / speed
                text += ", \((speed / 1e6).digits) MB/s, \(Self.clock(left)) left"
            }
            StandardError.put("\r\(text)\u{1B}[K")
        }
    }

    /// Removes the line, if there is one, for good.
    func end() {
        state.withLock { state in
            if state.isDrawn { StandardError.put("\r\u{1B}[K") }
            state.hasEnded = true
        }
    }

    /// Minutes and seconds, hours where there are any.
    private static func clock(_ seconds: Double) -> String {
        let total = Int(min(seconds.rounded(.up), 359_999))
        func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let rest = "\(twoDigits(total / 60 % 60)):\(twoDigits(total % 60))"
        return total < 3600 ? rest : "\(total / 3600):\(rest)"
    }
}
