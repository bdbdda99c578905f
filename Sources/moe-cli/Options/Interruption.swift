#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What the program does when it is told to stop: it says so and exits with 128 and the signal.
///
/// Nothing is cleaned up, as nothing could be after a `kill -9`: what a run leaves behind must be
/// good for that anyhow.
enum Interruption {
    /// From now on, signals end the program by a thread that waits for them.
    ///
    /// A limit of the size of files becomes an error of the write that exceeds it.
    ///
    /// - Parameter message: tells the user, given the signal's name.
    static func exits(_ message: @escaping @Sendable (String) -> Void) {
        signal(SIGXFSZ, SIG_IGN)
        var signals = sigset_t()
        sigemptyset(&signals)
        for (number, _) in names where !isIgnored(number) { sigaddset(&signals, number) }
        // Threads inherit this, so that the waiting one alone gets them.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let waiting = Waiting(signals: signals, message: message)
        let context = Unmanaged.passRetained(waiting)
        #if canImport(Darwin)
        var thread: pthread_t?
        let entry: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { raw in
            Unmanaged<Waiting>.fromOpaque(raw).takeRetainedValue().wait()
        }
        #else
        var thread = pthread_t()
        let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
            guard let raw else { return nil }
            Unmanaged<Waiting>.fromOpaque(raw).takeRetainedValue().wait()
        }
        #endif
        guard pthread_create(&thread, nil, entry, context.toOpaque()) == 0 else {
            // Then signals do what they do everywhere.
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            context.release()
            return
        }
    }

    private static let names = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")]

    /// Whether whoever started the program wants a signal to be ignored, as `nohup` does.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
        let handler = action.__sigaction_u.__sa_handler
        #else
        let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private final class Waiting: Sendable {
        private let signals: sigset_t
        private let message: @Sendable (String) -> Void

        init(signals: sigset_t, message: @escaping @Sendable (String) -> Void) {
            self.signals = signals
            self.message = message
        }

        func wait() -> Never {
            var signals = signals
            var number: Int32 = 0
            while sigwait(&signals, &number) != 0 {}
            message(Interruption.names.first { $0.0 == number }?.1 ?? "signal \(number)")
            _exit(128 + number)
        }
    }
}
