import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// A packed file computes what its checkpoint computes, bit for bit.
@Suite("A packed file")
struct PackedRoundTripTests {
    /// The golden blocks that cannot be packed, and what the refusal says.
    static let refusals = ["nemotron_h_latent": "experts in a latent width of 20"]

    @Test(
        "of a golden block has its bits, unless its experts are in a latent width",
        arguments: GoldenBlock.all, GemmKernel.available)
    func golden(_ block: GoldenBlock, kernel: GemmKernel) throws {
        let checkpoint = try Checkpoint(directory: block.directory, part: block.part)
        let file: PackedFile
        do {
            file = try PackedFile(checkpoint, for: kernel)
        } catch let error as CheckpointError {
            #expect(error.code == .unsupported)
            let reason = try #require(Self.refusals[block.name], "\(error)")
            #expect(error.message.contains(reason))
            return
        }
        let packed = try file.open()
        let golden = try Golden.load(from: SafetensorsFile(opening: block.goldenFile))

        #expect(packed.layers == checkpoint.moeLayers)
        for layer in packed.layers {
            let found = try packed.block(layer, threads: 2).forward(
                golden.hiddenStates, routerInput: golden.routerInput, tokenIDs: golden.tokenIDs)
            let wanted = try unpacked(checkpoint, layer, kernel).forward(
                golden.hiddenStates, routerInput: golden.routerInput, tokenIDs: golden.tokenIDs)
            expectSame(found, wanted)
        }
        try packed.verify(threads: 2)
    }

    @Test(
        "of panels and blocks that are not whole has their bits", arguments: GemmKernel.available,
        [1, 7, 300])
    func wide(_ kernel: GemmKernel, count: Int) throws {
        let checkpoint = try PackedFile.wideCheckpoint(), input = try tokens(count, 1090)
        let packed = try PackedFile(checkpoint, for: kernel).open()

        for threads in [1, 3] {
            expectSame(
                try packed.block(0, threads: threads).forward(input),
                try unpacked(checkpoint, 0, kernel).forward(input))
        }
    }

    @Test("has the same bytes for every number of threads")
    func threads() throws {
        let checkpoint = try PackedFile.wideCheckpoint()
        let file = try PackedFile(checkpoint), bytes = try file.bytes
        _ = try CheckpointPacker(checkpoint).write(to: file.path, threads: 1)
        #expect(try file.bytes == bytes)
    }

    @Test("goes on computing after its file was packed anew, and after its model was let go")
    func replaced() throws {
        let file = try PackedFile(try PackedFile.wideCheckpoint()), input = try tokens(3, 1090)
        let block = try file.open().block(0), wanted = try block.forward(input)
        _ = try CheckpointPacker(try PackedFile.wideCheckpoint(experts: 7)).write(to: file.path)
        expectSame(try block.forward(input), wanted)
        #expect(try file.open().block(0).shape.expertCount == 7)
    }

    @Test("tells how many bytes are written, up to all of them")
    func progress() throws {
        let folder = try TemporaryFolder()
        let packer = try CheckpointPacker(try PackedFile.wideCheckpoint())
        let seen = ProgressLog()
        let path = folder.path
        _ = try packer.write(to: folder.path(of: "packed"), threads: 2) {
            seen.add($0)
            #if os(Linux)
            // Nothing is there to be left behind, however the run ends.
            #expect((try? FileManager.default.contentsOfDirectory(atPath: path)) == [])
            #endif
        }
        #expect(!seen.values.isEmpty && seen.values == seen.values.sorted())
        #expect(seen.values.allSatisfy { 0 < $0 && $0 <= packer.byteCount })
        #expect(try folder.contents == ["packed"])
    }

    private func expectSame(_ found: MoEOutput, _ wanted: MoEOutput) {
        #expect(found.output == wanted.output)
        #expect(found.routedOutput == wanted.routedOutput)
        #expect(found.sharedOutput == wanted.sharedOutput)
        #expect(found.experts == wanted.experts && found.weights == wanted.weights)
    }
}
