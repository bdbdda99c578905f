internal import Synchronization

/// The threads of the engine that embeds the library, in place of the library's own.
///
/// Two pools in a process compete for its processors. An engine that has one brings it, once, before
/// the first pass:
///
/// ```swift
/// EngineThreads.bring { count, work in
///     DispatchQueue.concurrentPerform(iterations: count, execute: work)
/// }
/// ```
///
/// Results have the same bits, whoever computes.
public enum EngineThreads {
    /// Calls `work` once for every index below `count`, at the same time as far as threads are
    /// free, and returns when all calls have returned.
    ///
    /// A call computes until nothing is left, so one that comes late returns at once, and calls one
    /// after the other are slow but correct. `work` may not be called later.
    public typealias Apply =
        @Sendable (_ count: Int, _ work: @Sendable (_ index: Int) -> Void) -> Void

    /// Has all passes of this process computed on the caller's threads.
    ///
    /// - Parameter apply: called several times a pass, by the thread that asks for it, with as
    ///   many calls to make as the block has threads.
    /// - Returns: false if threads have been brought before: those stay.
    @discardableResult
    public static func bring(_ apply: @escaping Apply) -> Bool {
        let brought = BroughtThreads(apply: apply)
        return threads.storeIfNil(brought) === brought
    }

    /// The threads that have been brought; nil for the library's own.
    static var brought: BroughtThreads? { threads.load() }

    private static let threads = AtomicLazyReference<BroughtThreads>()
}

/// What ``EngineThreads/bring(_:)`` was given.
final class BroughtThreads: Sendable {
    let apply: EngineThreads.Apply

    init(apply: @escaping EngineThreads.Apply) { self.apply = apply }
}
