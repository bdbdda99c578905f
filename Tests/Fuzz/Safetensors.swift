import Foundation
import MoE
import MoECheckpoint

/// The safetensors container: the input is a header, and in its last two bytes how much data
/// follows it; or a whole file, where it begins with 0xFF.
///
/// A file that opens must be what the format promises: every tensor within the data, as long as its
/// type and shape say, readable, and no byte without a tensor.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = input(start, count)
    let file = ScratchFile("model.safetensors")
    if input.first == 0xFF {
        file.fill(with: input.dropFirst())
    } else if input.count >= 2 {
        let dataByteCount = Int(input[count - 2]) | Int(input[count - 1]) << 8
        let length = (0..<8).map { UInt8(truncatingIfNeeded: (count - 2) >> (8 * $0)) }
        file.fill(with: length + input.dropLast(2) + [UInt8](repeating: 1, count: dataByteCount))
    }
    guard let opened = try? SafetensorsFile(opening: file.path) else { return 0 }
    var total = 0
    for name in opened.names {
        guard let entry = opened.entry(name) else { fatalError("\(name): no entry") }
        precondition(
            entry.byteCount == Tensor.byteCount(type: entry.type, shape: entry.shape), name)
        total += entry.byteCount
    }
    let header = input.first == 0xFF ? 0 : input.count - 2
    precondition(input.first == 0xFF || total == Int(input[header]) | Int(input[header + 1]) << 8)
    precondition(Set(opened.names.map { Array($0.utf8) }).count == opened.names.count)
    for name in opened.names.prefix(16) {
        precondition((try? opened.tensor(name)) != nil, "\(name): cannot be read")
    }
    return 0
}
