import MoE
import MoECheckpoint

/// GGUF: the input is a whole file.
///
/// Every tensor of a file that opens can be read, and every layer that loads is one that a block
/// takes.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let file = ScratchFile("model.gguf")
    file.fill(with: input(start, count))
    guard let opened = try? GGUFFile(opening: file.path) else { return 0 }
    for name in opened.names.prefix(16) where opened.entry(name) != nil {
        precondition((try? opened.tensor(name)) != nil, "\(name): cannot be read")
    }
    guard let checkpoint = try? Checkpoint(gguf: file.path) else { return 0 }
    checkpoint.loadLayers([0, 1, 2, checkpoint.layerCount - 1])
    return 0
}
