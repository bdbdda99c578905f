import CANNDoubleSupport
import MoE
import MoEAscend
import MoETestSupport
import Testing

@Suite("When a call of CANN fails")
struct FailureTests {
    /// What a small program does with a device: opens it, prepares a layer, runs it at two shapes.
    private struct Program {
        let machine: Machine
        let variant: Variant
        let layer: MoELayer
        let inputs: [Matrix<Float>]

        init(_ variant: Variant, of cann: CANNInstallation? = nil) throws {
            let random = RandomLayer(hidden: 32, width: 32, experts: 3, topK: 2, sharedWidth: 32)
            self.variant = variant
            machine = try Machine(of: cann)
            layer = try random.layer()
            inputs = try [1, 5].map { try random.input(tokens: $0) }
        }

        /// Runs; `body` sees the block and what came out, or the error.
        func run(
            _ body: (MoEBlock?, Result<[Matrix<Float>], MoEError>) throws -> Void
        ) throws {
            var block: MoEBlock?
            let outcome = Result { () throws(MoEError) -> [Matrix<Float>] in
                let made = try MoEBlock(
                    layer, backend: machine.opened { variant.apply(to: &$0) }, threads: 1)
                block = made
                return try forward(made)
            }
            try body(block, outcome)
        }

        func forward(_ block: MoEBlock) throws(MoEError) -> [Matrix<Float>] {
            var outputs: [Matrix<Float>] = []
            for input in inputs { outputs.append(try block.forward(input).output) }
            return outputs
        }

        /// What comes out where nothing fails, and how many calls that takes until then.
        func undisturbed() throws -> (outputs: [Matrix<Float>], calls: Int) {
            let before = calls
            var outputs: [Matrix<Float>] = [], count = 0
            try run { _, outcome in
                outputs = try outcome.get()
                count = calls - before
            }
            return (outputs, count)
        }

        var calls: Int { machine.double.calls(on: machine.device) }
    }

    @Test(
        "each in turn: the error names it, its status and its text; nothing is left; it goes on",
        arguments: [Variant.plain, .everything, .withoutRouting, .unrepeatable])
    func everyCall(variant: Variant) throws {
        let program = try Program(variant), machine = program.machine, double = machine.double
        let (wanted, count) = try program.undisturbed()
        var failed = 0, closed = 0
        for nth in 1...count {
            double.fail(at: nth, on: machine.device)
            try program.run { block, outcome in
                switch outcome {
                // A release that fails is seen by nobody, and an executor that cannot be run again
                // is made anew.
                case .success(let outputs): #expect(outputs == wanted, "call \(nth)")
                case .failure(let error):
                    failed += 1
                    expectNamed(error, "call \(nth)")
                    double.stopFailing(on: machine.device)
                    guard let block else { return }
                    if error.code.rawValue == "ascend-fault" {
                        closed += 1
                        // Closed for good, with the first error.
                        let again = #expect(throws: MoEError.self) { try program.forward(block) }
                        #expect(again == error, "call \(nth)")
                    } else {
                        let again = try program.forward(block)
                        #expect(again == wanted, "call \(nth)")
                    }
                }
            }
            double.stopFailing(on: machine.device)
            machine.expectClean("call \(nth)")
        }
        #expect(failed > count / 2 && closed >= 2, "\(failed) and \(closed) of \(count)")
    }

    @Test("for want of memory, it says how much, and a smaller batch goes on")
    func memory() throws {
        let program = try Program(.plain), machine = program.machine, double = machine.double
        let (_, _) = try program.undisturbed()
        let allocations = double.calls(of: "aclrtMalloc", on: machine.device)
        for nth in 1...allocations {
            double.fail("aclrtMalloc", at: nth, on: machine.device)
            try program.run { _, outcome in
                let error = #expect(throws: MoEError.self) { try outcome.get() }
                #expect(error?.code.rawValue == "ascend-memory")
                #expect(error?.message.contains("207001 (out of device memory)") == true)
                #expect(error?.message.contains(" free of ") == true)
            }
            double.stopFailing(on: machine.device)
            machine.expectClean("allocation \(nth)")
        }
    }

    @Test("a model that does not fit is refused beforehand, with what is missing")
    func tooLarge() throws {
        let program = try Program(.plain), machine = program.machine
        machine.double.setMemory(1 << 20, on: machine.device)
        try program.run { block, outcome in
            let error = #expect(throws: MoEError.self) { try outcome.get() }
            #expect(block == nil)
            #expect(error?.code.rawValue == "ascend-memory")
            #expect(error?.message.contains("are missing for") == true)
            #expect(error?.message.contains("of weights") == true)
        }
        machine.expectClean()
    }

    @Test(
        "by any status it is an error of its kind",
        arguments: [
            (161001, "call"), (161002, "call"), (561002, "call"), (561003, "call"),
            (561107, "call"), (361001, "call"), (107002, "call"), (207018, "memory"),
            (507015, "fault"), (507053, "fault"), (507054, "fault"), (507046, "call"),
        ] as [(Int32, String)])
    func statuses(status: Int32, kind: String) throws {
        let program = try Program(.plain), machine = program.machine
        let (wanted, _) = try program.undisturbed()
        for name in ["aclnnGroupedMatmulV5GetWorkspaceSize", "aclnnDequantSwigluQuantV2"] {
            machine.double.fail(name, status: status, on: machine.device)
            try program.run { block, outcome in
                let error = #expect(throws: MoEError.self) { try outcome.get() }
                #expect(error?.code.rawValue == "ascend-\(kind)")
                #expect(error?.message.contains("\(name): status \(status)") == true)
                guard let block, kind != "fault" else { return }
                let again = try program.forward(block)
                #expect(again == wanted)
            }
            machine.expectClean("\(name) \(status)")
        }
    }

    @Test("its text may be missing, huge or not UTF-8", arguments: CANNDouble.Message.allCases)
    func texts(message: CANNDouble.Message) throws {
        let cann = try CANNInstallation(), program = try Program(.plain, of: cann)
        cann.double.setMessage(message)
        cann.double.fail("aclnnMoeInitRoutingV3", on: 0)
        try program.run { _, outcome in
            let error = #expect(throws: MoEError.self) { try outcome.get() }
            let text = error?.message ?? ""
            #expect(text.hasPrefix("aclnnMoeInitRoutingV3: status 361001"))
            #expect(text.utf8.count < 5000 && !text.contains("\n"))
        }
        program.machine.expectClean()
    }
}

/// Function, status and CANN's own text, which has the function's name too.
func expectNamed(_ error: MoEError, _ comment: Comment) {
    let function = error.message.prefix { $0.isLetter || $0.isNumber }
    #expect(function.hasPrefix("acl"), "\(comment): \(error.message)")
    #expect(
        error.message.contains("status ") || error.message.contains("returned nothing"),
        "\(comment): \(error.message)")
    #expect(
        error.message.contains("9999: \(function): a failure that was asked for"),
        "\(comment): \(error.message)")
    #expect(error.code.rawValue.hasPrefix("ascend-"), "\(comment): \(error.code)")
}
