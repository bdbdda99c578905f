import MoEAscend
import Testing

@Suite("Chips")
struct DeviceNameTests {
    @Test(
        "of Atlas A2 and A3 are known",
        arguments: [
            "Ascend910B1", "Ascend910B2", "Ascend910B2C", "Ascend910B3", "Ascend910B4",
            "Ascend910B4-1", "Ascend910_9391", "Ascend910_9362",
        ])
    func known(name: String) {
        #expect(SoC.isKnown(name))
    }

    @Test(
        "of other kinds are not, whatever they are called",
        arguments: [
            "", "Ascend910A", "Ascend910B", "Ascend910ProA", "Ascend310P3", "Ascend950DT",
            "Ascend910", "ascend910B3", "Ascend910Bx",
        ])
    func unknown(name: String) {
        #expect(!SoC.isKnown(name))
    }
}
