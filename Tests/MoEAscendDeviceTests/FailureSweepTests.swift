import CANNDoubleSupport
import MoE
import MoEAscend
import MoETestSupport
import Testing

@Suite("When any call fails, whatever the device is asked for")
struct FailureSweepTests {
    /// What a device is asked for beside a pass.
    enum Work: String, CaseIterable, Sendable {
        /// A pass and its stages, as `verify` reads them.
        case stages
        /// The fused operator alone.
        case fusedOperator
        /// The grouped product alone.
        case product
        /// What `probe` asks beside stages.
        case probe
    }

    private let machine: Machine
    private let layer: MoELayer
    private let input: Matrix<Float>
    private let call: DequantSwiGLUQuant

    init() throws {
        let random = RandomLayer(hidden: 32, width: 32, experts: 3, topK: 2, sharedWidth: 32)
        machine = try Machine()
        layer = try random.layer()
        input = try random.input(tokens: 3)
        var numbers = SeededRandom(4)
        call = try numbers.deviceCall(rows: 5, width: 32, kind: OperatorCallKind(9))
    }

    private var double: CANNDouble { machine.double }

    /// Does the work; what comes out, as text that is the same every time.
    private func perform(_ work: Work, on backend: any ExpertBackend) throws(MoEError) -> String {
        switch work {
        case .stages:
            let trace = try MoEBlock(layer, backend: backend, threads: 1).trace(input)
            return "\(trace.results.output) \(trace.routed) \(trace.shared, default: "")"
        case .fusedOperator:
            return "\(try MoE.dequantSwiGLUQuant(call, backend: backend))"
        case .product:
            let x = Matrix<Int8>(rows: 3, columns: 32, repeating: 5)
            let weights = [Int8(2), -3].map { Matrix(rows: 32, columns: 32, repeating: $0) }
            let groups = try GroupIndex(counts: [1, 2])
            return "\(try backend.groupedMatmul(x, weights, groups: groups, threads: 1))"
        case .probe:
            guard let backend = backend as? AscendBackend else { return "" }
            let lines = backend.facts() + backend.answers()
            for line in lines where line.text.contains("a failure that was asked for") {
                let isFault = ["(device failed)", "(exception in a kernel)"].contains {
                    line.text.contains($0)
                }
                throw MoEError(
                    .init(rawValue: isFault ? "ascend-fault" : "ascend-call"),
                    line.text.hasPrefix("refused, ") ? String(line.text.dropFirst(9)) : line.text)
            }
            // Free memory is another each time.
            return "\(lines.filter { $0.name != "memory" })"
        }
    }

    /// Fails unless every rule was kept, and nothing is left.
    private func expectClean(_ work: Work, _ comment: Comment? = nil) {
        // `probe` asks for what is beyond the limits.
        if work != .probe { return machine.expectClean(comment) }
        #expect(double.violations(on: machine.device) == [], comment)
        #expect(double.alive(on: machine.device) == [:], comment)
    }

    /// Does the work on a backend of its own, and again on the same one if it failed.
    ///
    /// - Returns: whether it failed.
    private func attempt(
        _ work: Work, _ wanted: String, _ comment: Comment,
        _ change: (inout AscendOptions) -> Void = { _ in }
    ) throws -> Bool {
        var backend: (any ExpertBackend)?
        let outcome = Result { () throws(MoEError) -> String in
            let opened = try machine.opened(change)
            backend = opened
            return try perform(work, on: opened)
        }
        double.stopFailing(on: machine.device)
        switch outcome {
        // A release that fails is seen by nobody, and an executor that cannot be run again is made
        // anew; `probe` says so.
        case .success(let found):
            #expect(work == .probe || found == wanted, comment)
            return false
        case .failure(let error):
            expectNamed(error, comment)
            guard let backend else { return true }
            let again = Result { () throws(MoEError) in try perform(work, on: backend) }
            if error.code.rawValue == "ascend-fault" {
                #expect(throws: error) { try again.get() }
            } else {
                #expect(try again.get() == wanted, comment)
            }
            return true
        }
    }

    @Test(
        "the error names it, nothing is left, and it goes on or stays closed",
        arguments: Work.allCases, [Variant.plain, .everything, .oldest])
    func everyCall(work: Work, variant: Variant) throws {
        let before = double.calls(on: machine.device)
        let wanted = try perform(work, on: machine.opened { variant.apply(to: &$0) })
        expectClean(work)
        let count = double.calls(on: machine.device) - before
        var failed = 0
        for nth in 1...count {
            double.fail(at: nth, on: machine.device)
            let comment = Comment("\(work.rawValue), \(variant.rawValue), call \(nth)")
            if try attempt(work, wanted, comment, { variant.apply(to: &$0) }) { failed += 1 }
            expectClean(work, comment)
        }
        #expect(failed > count / 3, "\(failed) of \(count)")
    }

    @Test(
        "for want of memory, too, at every allocation", arguments: Work.allCases,
        ["aclrtMalloc", "aclrtMallocHost"])
    func everyAllocation(work: Work, function: String) throws {
        let before = double.calls(of: function, on: machine.device)
        let wanted = try perform(work, on: machine.opened())
        let count = double.calls(of: function, on: machine.device) - before
        for nth in 0..<count {
            double.fail(function, at: nth + 1, on: machine.device)
            let comment = Comment("\(work.rawValue), \(function) \(nth)")
            #expect(try attempt(work, wanted, comment), comment)
            expectClean(work, comment)
        }
    }

    @Test("the same without any one of the functions that releases may lack")
    func withoutOne() throws {
        let wanted = try perform(.stages, on: machine.opened())
        var refused: [String] = []
        for symbol in double.symbols {
            let without = { (options: inout AscendOptions) in options.without = [symbol.name] }
            let comment = Comment("without \(symbol.name)")
            do throws(MoEError) {
                #expect(try perform(.stages, on: machine.opened(without)) == wanted, comment)
            } catch {
                refused.append(symbol.name)
                #expect(error.code == .backendUnavailable, comment)
                #expect(error.message.contains("lacks \(symbol.name)"), comment)
                continue
            }
            machine.expectClean(comment)
            // Where a pass fails between an operator's phases, its executor goes all the same.
            for nth in 1...double.calls(of: "aclrtMalloc", on: machine.device) {
                double.fail("aclrtMalloc", at: nth, on: machine.device)
                let outcome = Result { () throws(MoEError) in
                    try perform(.stages, on: machine.opened(without))
                }
                double.stopFailing(on: machine.device)
                machine.expectClean(comment)
                if case .success = outcome { break }
            }
        }
        #expect(refused.sorted() == OpeningTests.required.sorted())
    }
}
