#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The one thread that calls CANN for a device.
///
/// CANN keeps the current context, its caches and the text of the last error per thread, and wants
/// both phases of an operator from the same one. Callers wait for their turn; one after the other
/// has its work done there.
final class DeviceThread: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var thread: pthread_t?

    // Under the lock.
    private var isTaken = false
    private var stops = false
    private var job: (() -> Void)?

    /// Starts the thread.
    ///
    /// - Throws: `unavailable` if the system gives none.
    init() throws(AscendError) {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
        // The thread outlives no caller: deinit joins it.
        let context = Unmanaged.passUnretained(self).toOpaque()
        #if canImport(Darwin)
        var started: pthread_t?
        let entry: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { raw in
            Unmanaged<DeviceThread>.fromOpaque(raw)._withUnsafeGuaranteedRef { $0.work() }
            return nil
        }
        #else
        var started = pthread_t()
        let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
            guard let raw else { return nil }
            Unmanaged<DeviceThread>.fromOpaque(raw)._withUnsafeGuaranteedRef { $0.work() }
            return nil
        }
        #endif
        let status = pthread_create(&started, nil, entry, context)
        guard status == 0 else {
            throw AscendError(.unavailable, "pthread_create: status \(status): no thread for CANN")
        }
        thread = started
    }

    deinit {
        if let thread {
            pthread_mutex_lock(lock)
            stops = true
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(lock)
            pthread_join(thread, nil)
        }
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    /// Has `body` run on the thread, and waits for it.
    ///
    /// - Throws: what `body` throws.
    func run<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if let thread, pthread_equal(pthread_self(), thread) != 0 { return try body() }
        var outcome: Swift.Result<Result, Failure>?
        submit { outcome = Swift.Result(catching: body) }
        guard let outcome else { preconditionFailure("a job that was waited for has run") }
        return try outcome.get()
    }

    private func submit(_ body: () -> Void) {
        withoutActuallyEscaping(body) { body in
            pthread_mutex_lock(lock)
            while isTaken { pthread_cond_wait(changed, lock) }
            isTaken = true
            job = body
            pthread_cond_broadcast(changed)
            while job != nil { pthread_cond_wait(changed, lock) }
            isTaken = false
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(lock)
        }
    }

    // MARK: - The thread's side

    private func work() {
        pthread_mutex_lock(lock)
        while !stops {
            guard job != nil else {
                pthread_cond_wait(changed, lock)
                continue
            }
            pthread_mutex_unlock(lock)
            job?()
            pthread_mutex_lock(lock)
            job = nil
            pthread_cond_broadcast(changed)
        }
        pthread_mutex_unlock(lock)
    }
}
