import Synchronization

/// How much of a checkpoint has been quantised.
public struct QuantizationProgress: Sendable, Equatable {
    /// Bytes of the source that are done, those of files of an earlier run included.
    public let completed: Int
    /// Bytes of the source in all.
    public let total: Int

    /// So many bytes of so many.
    public init(completed: Int, total: Int) {
        self.completed = completed
        self.total = total
    }
}

/// What happens while a checkpoint is quantised.
public enum QuantizationEvent: Sendable, Equatable {
    /// An interrupted run has left this many whole files, which are kept.
    case resumes(files: Int)
    /// What an interrupted run has left is of no use, and why.
    case restarts(reason: String)
    /// So much is done; a few times a second.
    case progress(QuantizationProgress)
}

/// Takes what happens while a checkpoint is quantised, on any thread, one event at a time.
///
/// An error that it throws ends the run as any other error does: it can be resumed.
public typealias QuantizationObserver =
    @Sendable (QuantizationEvent) throws(CheckpointError) -> Void

/// Counts the bytes that all threads have done, and tells an observer from time to time.
final class ProgressMeter: Sendable {
    private let total: Int
    private let completed: Atomic<Int>
    private let observer: QuantizationObserver?
    private let interval: Duration
    private let nextReport: Mutex<ContinuousClock.Instant>

    /// A meter of some bytes, part of which are done already.
    init(
        total: Int, completed: Int, interval: Duration, observer: QuantizationObserver?
    ) {
        self.total = total
        self.interval = interval
        self.completed = Atomic(completed)
        self.observer = observer
        nextReport = Mutex(.now)
    }

    /// Counts bytes.
    func add(_ count: Int) throws(CheckpointError) {
        let completed = completed.wrappingAdd(count, ordering: .relaxed).newValue
        guard let observer else { return }
        // A thread that finds another one reporting has something better to do.
        let result = nextReport.withLockIfAvailable { next -> Result<Void, CheckpointError> in
            let now = ContinuousClock.now
            guard now >= next || completed == total else { return .success(()) }
            next = now + interval
            return Result { () throws(CheckpointError) in
                try observer(.progress(QuantizationProgress(completed: completed, total: total)))
            }
        }
        try result?.get()
    }
}
