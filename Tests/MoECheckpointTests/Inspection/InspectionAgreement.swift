import MoE
import MoECheckpoint
import Testing

/// Checks that inspecting a checkpoint and loading it say the same.
///
/// Every checkpoint that the tests of this module make goes through here. Its weights are taken
/// for zeros, so that nothing but the configuration and the headers can be to blame for a refusal.
///
/// - Parameters:
///   - configuration: the model's configuration.
///   - tensors: the tensors, sound or not.
///   - weightFormat: the form of the weights; nil for what the configuration says of it.
/// - Returns: the checkpoint.
/// - Throws: what opening it throws.
func inspected(
    _ configuration: ModelConfiguration, _ tensors: any TensorSource,
    weightFormat: WeightFormat? = nil
) throws -> Checkpoint {
    let checkpoint = try Checkpoint(
        configuration: configuration, tensors: tensors, weightFormat: weightFormat)
    let zeros = try Checkpoint(
        configuration: configuration, tensors: Zeros(source: tensors), weightFormat: weightFormat)
    expectAgreement(CheckpointInspection(checkpoint, path: "model"), with: zeros)
    return checkpoint
}

/// Checks that an inspection says of every layer what loading it says.
func expectAgreement(_ inspection: CheckpointInspection, with checkpoint: Checkpoint) {
    #expect(inspection.refusal == nil)
    let (loadable, refused) = (inspection.loadableLayers, inspection.refusedLayers)
    #expect(Set(loadable).isDisjoint(with: refused))
    for layer in 0..<min(checkpoint.layerCount, 64) {
        let isMoE = try? checkpoint.isMoE(layer: layer)
        #expect((isMoE == false) == !(loadable + refused).contains(layer), "layer \(layer)")
        if isMoE == false { continue }
        let error = message { _ = try checkpoint.layer(layer, experts: .int8) }
        #expect((error == "no error") == loadable.contains(layer), "layer \(layer): \(error)")
    }
    for group in inspection.groups {
        #expect((group.refusal == nil) == (group.summary != nil))
        guard let refusal = group.refusal, let first = group.layers.first else { continue }
        #expect(
            message { _ = try checkpoint.layer(first, experts: .int8) } == refusal.message)
    }
}

/// A checkpoint's headers over zeros.
struct Zeros: TensorSource {
    let source: any TensorSource

    var names: [String] { source.names }

    func entry(_ name: String) -> TensorEntry? { source.entry(name) }

    func locate(_ name: String) throws(CheckpointError) -> TensorEntry { try source.locate(name) }

    func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        _ = try source.locate(name)
        for index in destination.indices { destination[index] = 0 }
    }
}
