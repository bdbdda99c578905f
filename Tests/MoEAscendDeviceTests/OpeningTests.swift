import CANNDoubleSupport
import MoE
import MoEAscend
import MoETestSupport
import Testing

@Suite("A device is opened")
struct OpeningTests {
    /// Functions that the backend cannot do without.
    static let required = [
        "aclInit", "aclGetRecentErrMsg", "aclrtGetDeviceCount", "aclrtSetDevice",
        "aclrtResetDevice", "aclrtGetSocName", "aclrtCreateContext", "aclrtDestroyContext",
        "aclrtSetCurrentContext", "aclrtCreateStream", "aclrtDestroyStream",
        "aclrtSynchronizeStream", "aclrtMalloc", "aclrtFree", "aclrtMemcpy", "aclrtMemcpyAsync",
        "aclrtMemset", "aclrtGetMemInfo", "aclCreateTensor", "aclDestroyTensor",
        "aclCreateTensorList", "aclDestroyTensorList", "aclCreateIntArray", "aclDestroyIntArray",
        "aclDestroyAclOpExecutor",
    ]

    @Test("only with every function that it needs, and says which one is missing")
    func missing() throws {
        let machine = try Machine()
        for name in Self.required {
            let error = #expect(throws: AscendError.self) {
                try machine.backend { $0.without = [name] }
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.hasSuffix("lacks \(name)") == true)
        }
        #expect(machine.double.calls(on: machine.device) == 0)
    }

    @Test("not where libraries lack a function, or have one phase of an operator alone")
    func half() throws {
        let cann = try CANNInstallation(
            layout: .split,
            without: [
                "aclrtMemset", "aclnnGroupedMatmulV4", "aclnnGroupedMatmulV5GetWorkspaceSize",
            ])
        let offer = AscendBackend.offer(try Machine(of: cann).options())
        let status = offer.status()
        #expect(!status.available)
        #expect(
            status.reason.hasSuffix(
                "lacks aclrtMemset, aclnnGroupedMatmulV5 or aclnnGroupedMatmulV4"))
        #expect(status.reason.contains(cann.root))
        #expect(cann.double.calls() == 0)
    }

    @Test(
        "in an older release, whose operators it takes", arguments: CANNInstallation.Layout.allCases
    )
    func older(layout: CANNInstallation.Layout) throws {
        let cann = try CANNInstallation(
            layout: layout, runtime: "libacl_rt.so",
            without: [
                "aclnnDequantSwigluQuantV2", "aclnnDequantSwigluQuantV2GetWorkspaceSize",
                "aclnnGroupedMatmulV5", "aclnnMoeInitRoutingV3", "aclrtMallocHost",
                "aclSetAclOpExecutorRepeatable", "aclsysGetVersionStr",
            ])
        let machine = try Machine(of: cann), random = RandomLayer(hidden: 64, width: 32)
        let layer = try random.layer(), input = try random.input()
        do {
            let found = try Agreement(layer, input, on: machine.backend())
            #expect(found.problems() == [])
            let ran = Set(cann.double.executed(on: 0))
            #expect(ran.isSuperset(of: ["aclnnDequantSwigluQuant", "aclnnGroupedMatmulV4"]))
        }
        machine.expectClean()
    }

    @Test("only if there is one, by its number")
    func count() throws {
        let cann = try CANNInstallation(), machine = try Machine(of: cann)
        cann.double.setDeviceCount(0)
        let none = #expect(throws: AscendError.self) { try machine.backend() }
        #expect(none?.code == .unavailable && none?.message.hasSuffix("sees no device") == true)
        // The one that is opened later answers: a failure is not remembered.
        cann.double.setDeviceCount(2)
        let third = #expect(throws: AscendError.self) { try machine.backend { $0.device = 2 } }
        #expect(third?.message == "device 2: there are 2, counted from 0")
        let offer = AscendBackend.offer(machine.options())
        #expect(offer.status().available)
        #expect(offer.status().reason.hasPrefix("Ascend910B3, device 0 of 2, "))
        #expect(cann.double.calls(of: "aclInit") == 1)
    }

    @Test(
        "only if its chip is an Atlas A2 or A3",
        arguments: ["Ascend910B", "Ascend310P3", "Ascend950PR", nil])
    func chips(name: String?) throws {
        let cann = try CANNInstallation(), machine = try Machine(of: cann)
        cann.double.setSoCName(name)
        let error = #expect(throws: AscendError.self) { try machine.backend() }
        #expect(error?.message.contains(name ?? "aclrtGetSocName") == true)
        machine.expectClean()
    }

    @Test(
        "unless CANN refuses to start; somebody else may have started it",
        arguments: [100002, 500000, 100039] as [Int32])
    func start(status: Int32) throws {
        let cann = try CANNInstallation(), machine = try Machine(of: cann)
        cann.double.fail("aclInit", status: status)
        if status == 100002 {
            _ = try machine.backend()
            #expect(cann.double.calls(of: "aclFinalize") == 0)
        } else {
            let error = #expect(throws: AscendError.self) { try machine.backend() }
            #expect(error?.code == .unavailable)
            #expect(error?.message.hasPrefix("aclInit: status \(status)") == true)
            // The next one may start it.
            _ = try machine.backend()
        }
        machine.expectClean()
    }

    @Test("by auto, for the layers that it can take; the others stay on the CPU")
    func auto() throws {
        let machine = try Machine(), offers = [AscendBackend.offer(machine.options())]
        let auto = try BackendCatalog.backend(.auto, offers: offers)
        #expect(auto.backend.name == "ascend")
        let cpu = try BackendCatalog.backend(.auto).backend.name
        for (width, name) in [(32, "ascend"), (40, cpu)] {
            let random = RandomLayer(hidden: 64, width: width), layer = try random.layer()
            let block = try MoEBlock(layer, backend: auto.backend, threads: 1)
            #expect(block.backendName == name)
            guard name == "ascend" else { continue }
            let found = try Agreement(layer, random.input(), on: auto.backend)
            #expect(found.problems() == [])
        }
        let cann = try CANNInstallation()
        cann.double.setDeviceCount(0)
        let absent = AscendBackend.offer(try Machine(of: cann).options())
        #expect(try BackendCatalog.backend(.auto, offers: [absent]).backend.name == cpu)
    }
}
