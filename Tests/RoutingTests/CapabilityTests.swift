import Routing
import Testing

@Suite("Capability")
struct CapabilityTests {
  @Test("every capability has a name of its own, and is found by it")
  func names() {
    #expect(Capability.names.count == Capability.allCases.count)
    #expect(Set(Capability.names).count == Capability.names.count)
    for capability in Capability.allCases {
      #expect(Capability(name: capability.name) == capability)
      #expect(Capability.allCases[capability.index] == capability)
      // A dot would make a governance key ambiguous.
      #expect(!capability.name.contains("."))
    }
    #expect(Capability(name: "textToVideo") == nil)
    #expect(Capability.textToVideo.name == "text_to_video")
  }
}
