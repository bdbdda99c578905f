import CANNDoubleSupport
import MoE
import MoEAscend
import MoETestSupport
import Testing

@Suite("The fused operator on the device")
struct DeviceOperatorTests {
    /// How far the results of many calls are from the reference's.
    struct Account {
        var elements = 0
        var apart = 0
        var problems: [String] = []

        mutating func add(_ found: QuantizedRows, _ wanted: QuantizedRows, _ name: String) {
            for row in wanted.scale.indices {
                let scale = found.scale[row], other = wanted.scale[row]
                let near = abs(scale - other) <= 1e-6 * abs(other)
                if !(near || scale == other || (scale.isNaN && other.isNaN)) {
                    problems.append("\(name) row \(row): scale \(scale), wanted \(other)")
                }
                // The integers of a row whose scale says nothing mean nothing.
                guard other.isFinite, other > 0 else { continue }
                elements += wanted.values.columns
                for (a, b) in zip(found.values.row(row), wanted.values.row(row)) where a != b {
                    apart += 1
                    if abs(Int(a) - Int(b)) > 1 {
                        problems.append("\(name) row \(row): \(a), wanted \(b)")
                    }
                }
            }
        }
    }

    /// What the device has to refuse, by the table of its limits.
    static func isTaken(_ call: DequantSwiGLUQuant) -> Bool {
        switch call.input {
        case .float16, .accumulators(_, _, _, .some): return false
        case .accumulators, .bfloat16: break
        }
        guard case .dynamic = call.quantization, call.groups?.form != .pairs else { return false }
        let columns = 2 * call.hiddenSize
        switch call.activation {
        case .clampedAfter: return false
        case .interleavedClamped: return columns % 64 == 0 && columns <= 9280
        case .plain, .clamped: return columns % 64 == 0 && columns <= 10496
        }
    }

    @Test(
        "gives the vectors' results, or says why not",
        arguments: ["grid", "special", "groups", "atlas"])
    func vectors(file: String) throws {
        let machine = try Machine(), backend = try machine.opened()
        var account = Account()
        for vector in try VectorFile("Operator/\(file)").cases {
            let call = try DequantSwiGLUQuant(vector)
            do throws(MoEError) {
                let found = try dequantSwiGLUQuant(call, backend: backend)
                account.add(found, try dequantSwiGLUQuantReference(call), "\(vector)")
                #expect(Self.isTaken(call), "\(vector)")
            } catch {
                #expect(error.code == .unsupported && !Self.isTaken(call), "\(vector): \(error)")
            }
        }
        #expect(account.problems == [])
        #expect(machine.complaints == [])
    }

    @Test(
        "is the CPU's on every kind of call that the device takes",
        arguments: [Variant.plain, .older, .unrepeatable])
    func sweep(variant: Variant) throws {
        let machine = try Machine(), backend = try machine.opened { variant.apply(to: &$0) }
        var random = SeededRandom(21), account = Account(), refused = 0
        for width in [32, 64, 96, 160] {
            for kind in 0..<OperatorCallKind.count {
                let call = try random.deviceCall(
                    rows: 7, width: width, kind: OperatorCallKind(kind))
                #expect(Self.isTaken(call))
                let wanted = try dequantSwiGLUQuantReference(call)
                do throws(MoEError) {
                    let found = try dequantSwiGLUQuant(call, backend: backend)
                    account.add(found, wanted, "H \(width), kind \(kind)")
                } catch {
                    refused += 1
                    #expect(error.message.contains("needs aclnnDequantSwigluQuantV2"))
                }
            }
        }
        #expect(account.problems == [])
        #expect(account.apart * 1000 <= account.elements, "\(account.apart)")
        // Two activations of three need the operator's second version.
        #expect(refused == (variant == .older ? 4 * OperatorCallKind.count * 2 / 3 : 0))
        #expect(machine.complaints == [])
    }

    @Test("is refused by its own limits, in our words", arguments: [10560, 10528, 100])
    func limits(columns: Int) throws {
        let machine = try Machine(), backend = try machine.opened()
        let call = DequantSwiGLUQuant(
            .bfloat16(Matrix(rows: 1, columns: columns, repeating: BFloat16(bitPattern: 0))))
        let before = machine.double.calls(on: machine.device)
        let error = #expect(throws: MoEError.self) {
            try dequantSwiGLUQuant(call, backend: backend)
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("2H = \(columns)") == true)
        #expect(machine.double.calls(on: machine.device) == before)
    }

    @Test("at the widest row that the device takes")
    func widest() throws {
        let machine = try Machine(), backend = try machine.opened()
        var random = SeededRandom(22), account = Account()
        for (width, kind) in [(5248, 0), (4640, 1)] {
            let call = try random.deviceCall(rows: 1, width: width, kind: OperatorCallKind(kind))
            account.add(
                try dequantSwiGLUQuant(call, backend: backend),
                try dequantSwiGLUQuantReference(call), "H \(width)")
        }
        #expect(account.problems == [] && machine.complaints == [])
    }

    @Test("computes nothing of no rows, and everything of one group")
    func edges() throws {
        let machine = try Machine(), backend = try machine.opened()
        let none = DequantSwiGLUQuant(.bfloat16(Matrix(rows: 0, columns: 64, unchecked: [])))
        #expect(try dequantSwiGLUQuant(none, backend: backend).scale == [])
        var random = SeededRandom(23)
        var call = try random.deviceCall(rows: 5, width: 32, kind: OperatorCallKind(0))
        call.groups = nil
        guard case .accumulators(let x, let scale, let rows, _) = call.input else { return }
        call.input = .accumulators(
            x, weightScale: try Matrix(rows: 1, columns: 64, elements: Array(scale.row(0))),
            activationScale: rows)
        call.quantization = .dynamic()
        var account = Account()
        account.add(
            try dequantSwiGLUQuant(call, backend: backend), try dequantSwiGLUQuantReference(call),
            "one group")
        #expect(account.problems == [] && account.elements == 160)
    }
}
