import MoE
import MoETestSupport
import Testing

@Suite("The kernels of one token alone")
struct DecodeKernelTests {
    @Test("compute the bits of the block's pass")
    func bits() throws {
        let random = RandomLayer(tokens: 1, hidden: 70, width: 137, experts: 9, topK: 3)
        let block = try MoEBlock(
            random.layer(), backend: BackendCatalog.backend(.native).backend, threads: 1)
        let kernels = try #require(DecodeKernels(block))
        let input = try random.input(), wanted = try block.forward(input), token = input.elements

        kernels.run(token.span)

        #expect(kernels.output == wanted.output.elements)
    }

    @Test("are there for native experts only")
    func others() throws {
        let random = RandomLayer(tokens: 1, sharedWidth: 24)
        #expect(try DecodeKernels(MoEBlock(random.layer())) == nil)
    }
}
