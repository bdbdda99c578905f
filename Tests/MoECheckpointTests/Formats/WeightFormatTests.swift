import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// What `config.json` says of a checkpoint's format.
@Suite("Weight formats by configuration")
struct WeightFormatTests {
    func format(_ quantization: String) throws -> WeightFormat {
        let expert = OneExpert(quantization: quantization)
        return try expert.checkpoint([:]).weightFormat
    }

    @Test(
        "every method that is read is known by its name",
        arguments: [
            ("null", "float"), (#"{"quant_method": "fp8", "weight_block_size": null}"#, "fp8"),
            (#"{"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}"#, "mxfp4"),
            (#"{"quant_method": "gptq", "bits": 8, "group_size": 128}"#, "gptq"),
            (#"{"quant_method": "gptq", "bits": 8, "dynamic": {"-:.*attn": {}}}"#, "gptq"),
            (#"{"quant_method": "w8a8_int8"}"#, "w8a8_int8"),
            (#"{"quant_method": "modelopt", "quant_algo": "FP8"}"#, "modelopt"),
            (
                #"{"quant_method": "compressed-tensors", "format": "int-quantized"}"#,
                "compressed-tensors"
            ),
            (
                #"{"config_groups": {"W8A8": ["Linear"]}, "ignore": ["re:(a+)+$"]}"#,
                "compressed-tensors"
            ),
        ])
    func known(quantization: String, name: String) throws {
        #expect(try format(quantization).name == name)
    }

    @Test(
        "a method or a variant that is not read is refused by its name",
        arguments: [
            (#"{"quant_method": "awq", "bits": 4}"#, "quant_method: \"awq\" is not supported"),
            (#"{"quant_method": "bitsandbytes"}"#, "\"bitsandbytes\" is not supported"),
            (#"{"quant_method": 8}"#, "quant_method: an object, wanted a method's name"),
            (
                #"{"quant_method": "compressed-tensors", "format": "pack-quantized"}"#,
                "format: \"pack-quantized\" is not supported"
            ),
            (
                #"{"quant_method": "compressed-tensors", "sparsity_config": {"format": "sparse"}}"#,
                "sparsity_config.format: \"sparse\" is not supported, wanted dense"
            ),
            (#"{"quant_method": "gptq", "bits": 4}"#, "bits: 4, wanted 8"),
            (#"{"quant_method": "gptq"}"#, "bits: missing, wanted 8"),
            (
                #"{"quant_method": "gptq", "bits": 8, "checkpoint_format": "marlin"}"#,
                "checkpoint_format: \"marlin\" is not supported"
            ),
            (
                #"{"quant_method": "gptq", "bits": 8, "dynamic": {"+:.*mlp": {"bits": 4}}}"#,
                "dynamic: settings of their own for \"+:.*mlp\""
            ),
            (
                #"{"quant_method": "gptq", "bits": 8, "group_size": 0}"#,
                "group_size: 0, wanted -1 or an integer"
            ),
            (
                #"{"quant_method": "modelopt", "quant_algo": "NVFP4"}"#,
                "quant_algo: \"NVFP4\" is not supported"
            ),
            (
                #"{"quant_method": "fp8", "weight_block_size": [128]}"#,
                "weight_block_size: an array, wanted rows and columns"
            ),
            (#"{"quant_method": "fp8", "weight_block_size": [128, 0]}"#, "wanted rows and columns"),
            (
                #"{"quant_method": "fp8", "weight_block_size": [128, 9223372036854775807]}"#,
                "wanted rows and columns"
            ),
        ])
    func refused(quantization: String, text: String) {
        let message = message { _ = try format(quantization) }
        #expect(message.contains(text), "\(message)")
    }

    @Test("modules that a quantiser has left alone are read, whatever the configuration says")
    func unquantized() throws {
        let expert = OneExpert(quantization: #"{"quant_method": "compressed-tensors"}"#)
        let weights = (0..<16).map { Float($0) }
        let tensors = try expert.tensors { module, rows, columns in
            ["\(module).weight": try .floats(weights, [rows, columns], as: .bf16)]
        }
        #expect(try expert.floats(tensors).down.elements == weights)
        #expect(try expert.int8(tensors).report == LoadReport())
    }
}
