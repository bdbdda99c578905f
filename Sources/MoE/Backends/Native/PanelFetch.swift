/// Has panels that lie in a file read from disk before a pass computes with them.
///
/// The steps of a pass over n experts: the gate·up panels of each, 0 to n - 1, then the down panels
/// of each, n to 2n - 1. The system reads while kernels compute, and no further ahead than memory
/// is sure to hold: a layer that is larger than memory is read once from end to end.
struct PanelFetch {
    private let file: MappedFile
    private let gateUp, down, factors: Stretches
    private let active: UnsafeBufferPointer<Int>
    /// Steps between asking for panels and using them.
    private let ahead: Int
    /// The step that each worker has begun last.
    private let begun: UnsafeMutablePointer<Int>
    /// Whether panels that the pass begins with had to be asked for.
    private(set) var isCold = false

    /// Bytes that are asked for before they are used: enough to keep any disk busy.
    private static let bytesAhead = 64 << 20
    /// Words from one worker's step to the next's: no two of them in a pair of cache lines.
    private static let stride = 16

    /// The fetching of a pass, its first steps asked for.
    ///
    /// - Parameters:
    ///   - experts: the packed experts.
    ///   - file: the file that they lie in.
    ///   - active: those that have rows; valid during the pass.
    ///   - threads: how many threads may work.
    ///   - begun: memory for what the workers have begun.
    init(
        _ experts: PackedExperts, in file: MappedFile, active: UnsafeBufferPointer<Int>,
        threads: Int, begun: inout Buffer<Int>
    ) {
        begun.resize(threads * Self.stride)
        begun.base.update(repeating: -2, count: begun.count)
        self.file = file
        gateUp = Stretches(experts) { experts.gateUpBytes($0) }
        down = Stretches(experts) { experts.downBytes($0) }
        factors = Stretches(experts) { experts.factorBytes(of: $0) }
        self.active = active
        self.begun = begun.base
        ahead = max(1, 2 * Self.bytesAhead / experts.layout.weightBytes)
        for step in 0..<min(ahead, 2 * active.count) where fetch(step) { isCold = true }
    }

    /// Says that a worker is about to use the gate·up panels of the active expert at a place.
    func beginGateUp(_ place: Int, worker: Int) { begin(place, worker: worker) }

    /// Says that a worker is about to use the down panels of the active expert at a place.
    func beginDown(_ place: Int, worker: Int) { begin(active.count + place, worker: worker) }

    /// Says that the down panels of all active experts are about to be used in turns.
    func beginDown() {
        for step in active.count..<2 * active.count { fetch(step) }
    }

    private func begin(_ step: Int, worker: Int) {
        // A pass of few steps has asked for all of them.
        guard 2 * active.count > ahead else { return }
        let last = begun + worker * Self.stride
        guard last.pointee != step else { return }
        // Workers go on with the next expert as a rule, whose panels they have asked for.
        if last.pointee == step - 1 {
            fetch(step + ahead)
        } else {
            for step in step...step + ahead { fetch(step) }
        }
        last.pointee = step
    }

    /// Asks for the panels of a step, and for the factors with the first of them.
    ///
    /// - Parameter step: the step; one that the pass does not have asks for nothing.
    /// - Returns: whether they were not in memory.
    @discardableResult
    private func fetch(_ step: Int) -> Bool {
        guard step < 2 * active.count else { return false }
        let isGateUp = step < active.count
        let expert = active[isGateUp ? step : step - active.count]
        guard file.fetch((isGateUp ? gateUp : down)[expert]) else { return false }
        if isGateUp { file.fetch(factors[expert]) }
        return true
    }
}

/// One stretch of bytes of every expert, at equal distances.
private struct Stretches {
    private let first: UnsafeRawBufferPointer
    private let distance: Int

    /// The stretches that `bytes` gives for the experts.
    init(_ experts: PackedExperts, _ bytes: (_ expert: Int) -> UnsafeRawBufferPointer) {
        first = bytes(0)
        distance =
            if experts.shape.expertCount > 1, let a = first.baseAddress,
                let b = bytes(1).baseAddress
            { b - a } else { 0 }
    }

    subscript(expert: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: first.baseAddress.map { $0 + expert * distance }, count: first.count)
    }
}
