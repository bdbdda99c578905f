import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// A gpt-oss model that gguf's own writer has split over three files.
@Suite("A GGUF model in parts")
struct GGUFPartsTests {
    private let folder: TemporaryFolder

    private static func name(_ part: Int) -> String { "gpt-oss-0000\(part)-of-00003.gguf" }

    init() throws {
        folder = try TemporaryFolder()
        let vectors = VectorFile.directory.appendingPathComponent("Formats")
        for part in 1...3 {
            let name = Self.name(part)
            try FileManager.default.copyItem(
                atPath: vectors.appendingPathComponent(name).path, toPath: folder.path(of: name))
        }
    }

    /// The weights of a tensor, as the generator has them.
    private static func weights(_ count: Int) -> [Float] {
        let codes: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6]
        return (0..<count).map { place in
            let (block, element) = (place / 32, place % 32)
            let byte = 7 * (16 * block + element % 16) % 256
            let code = element < 16 ? byte & 15 : byte >> 4
            return codes[code] * Float(sign: .plus, exponent: block % 8 - 7, significand: 1)
        }
    }

    @Test("loads from the folder and from any part: MXFP4 experts, biases on them and the router")
    func layer() throws {
        let paths = [folder.path] + (1...3).map { folder.path(of: Self.name($0)) }
        for path in paths {
            let checkpoint = try Checkpoint(directory: path)
            #expect(checkpoint.family.name == "gpt_oss" && checkpoint.moeLayers == [0])
            let layer = try checkpoint.layer(0, experts: .float)
            #expect(layer.router.logitBias == [0, 0.125])
            #expect(layer.router.configuration.weighting == .softmaxOfSelected)
            #expect(
                layer.activation == .clampedSwiGLU(ClampedSwiGLU(limit: 7, alpha: 1.702, bias: 1)))
            guard case .float(let experts) = layer.experts else { return #expect(Bool(false)) }
            let all = Self.weights(4096)
            for (index, expert) in experts.enumerated() {
                let part = Array(all[index * 2048..<index * 2048 + 2048])
                #expect(expert.gateUp.elements == part + part)
                #expect(expert.down.elements == part)
                let bias = (index * 32..<index * 32 + 32).map { Float($0) / 8 }
                #expect(expert.gateUpBias == bias + bias)
                #expect(expert.downBias == (index * 64..<index * 64 + 64).map { Float($0) / 8 })
            }
            expectAgreement(try CheckpointInspection(directory: path), with: checkpoint)
        }
    }

    @Test("is packed with all its parts as its source")
    func packed() throws {
        let packed = folder.path(of: "packed")
        _ = try CheckpointPacker(of: folder.path).write(to: packed)
        let model = try PackedModel(opening: packed)
        try model.verify(isMadeFrom: folder.path(of: Self.name(2)))
        let input = try tokens(3, 64)
        let wanted = try unpacked(Checkpoint(directory: folder.path), 0, .chosen).forward(input)
        #expect(try model.block(0).forward(input).output == wanted.output)

        var bytes = try folder.bytes(of: Self.name(3))
        bytes[bytes.count - 1] ^= 1
        try folder.write(bytes, to: Self.name(3))
        #expect(
            message { try model.verify(isMadeFrom: folder.path) }
                .contains("\(Self.name(3)) has other contents"))
    }

    @Test("gives integers for channels of MXFP4 that are such, where that is asked for")
    func exact() throws {
        let checkpoint = try Checkpoint(directory: folder.path, mxfp4: .exact)
        let (layer, report) = try checkpoint.load(0, experts: .int8)
        guard case .int8(let found) = layer.experts,
            case .float(let wanted) = try checkpoint.layer(0, experts: .float).experts
        else { return #expect(Bool(false)) }
        // A row of gate has two scales, one twice the other; a row of down has one.
        for row in 0..<64 {
            let scale = found[0].gateUp.scale[row]
            let values = found[0].gateUp.values.row(row).map { Float($0) * scale }
            #expect((values == Array(wanted[0].gateUp.row(row))), "row \(row)")
        }
        #expect(report == LoadReport())
    }

    private var refusal: String { message { _ = try Checkpoint(directory: folder.path) } }

    @Test("is refused without a part, with one in another's place, and under other names")
    func refused() throws {
        let (second, third) = (folder.path(of: Self.name(2)), folder.path(of: Self.name(3)))
        let bytes = try folder.bytes(of: Self.name(2))
        try FileManager.default.removeItem(atPath: second)
        #expect(refusal.hasPrefix("\(second): cannot be opened"))

        try FileManager.default.copyItem(atPath: third, toPath: second)
        #expect(refusal == "\(second): says that it is part 2 of 3, wanted 1 of 3")

        try folder.write(bytes, to: Self.name(2))
        try folder.write(bytes, to: "other.gguf")
        #expect(
            refusal
                == "\(folder.path): 4 GGUF files, \(Self.name(1)) among them, wanted one or the "
                + "parts of one model")
        #expect(
            message { _ = try Checkpoint(gguf: folder.path(of: "other.gguf")) }
                == "\(folder.path(of: "other.gguf")): one of 3 parts of a model, wanted a name "
                + "that ends in -00001-of-00003.gguf")
    }

    @Test("is refused where two parts have a tensor of one name, or not all tensors are there")
    func tensors() throws {
        func part(_ number: UInt8, tensor: String, total: UInt8 = 2) throws -> GGUFFile {
            var builder = GGUFBuilder()
            builder.pairs += [
                GGUFBuilder.pair("split.no", 2, [number, 0]),
                GGUFBuilder.pair("split.count", 2, [2, 0]),
                GGUFBuilder.pair("split.tensors.count", 5, [total, 0, 0, 0]),
            ]
            builder.tensors[0].name = tensor
            return try builder.open()
        }
        #expect(
            try GGUFModel([part(0, tensor: "a"), part(1, tensor: "b")]).names == ["a", "b"])
        #expect(
            message { _ = try GGUFModel([part(0, tensor: "a"), part(1, tensor: "a")]) }
                .contains("tensor \"a\" is in "))
        #expect(
            message {
                _ = try GGUFModel([part(0, tensor: "a", total: 3), part(1, tensor: "b")])
            }
            .hasSuffix("2 tensors in all parts, wanted 3"))
        #expect(message { _ = try GGUFModel([part(0, tensor: "a")]) }.contains("part 0 of 2"))
    }
}
