import Dispatch
import Synchronization

/// Transforms elements on several threads, each with a worker of its own.
///
/// - Parameters:
///   - elements: the elements.
///   - threads: how many threads may work.
///   - makeWorker: makes what a thread needs, on that thread.
///   - transform: what to do with an element.
/// - Returns: the results in the order of the elements.
/// - Throws: the first error of a transformation.
func parallelMap<Element: Sendable, Worker, Result: Sendable>(
    _ elements: [Element], threads: Int, makeWorker: @Sendable () -> Worker,
    transform: @Sendable (Worker, Element) throws -> Result
) throws -> [Result] {
    let results = Mutex([Result?](repeating: nil, count: elements.count))
    let failure = Mutex<(any Error)?>(nil)
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, elements.count))) { _ in
        let worker = makeWorker()
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < elements.count else { return }
            do {
                let result = try transform(worker, elements[index])
                results.withLock { $0[index] = result }
            } catch {
                failure.withLock { $0 = $0 ?? error }
                return
            }
        }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return results.withLock { $0.compactMap { $0 } }
}
