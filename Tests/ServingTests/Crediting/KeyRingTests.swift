import Credits
import Routing
import TestSupport
import Testing

@testable import Serving

@Suite("Keys")
struct KeyRingTests {
  static func key(_ number: UInt8 = 1) -> NewKey {
    NewKey(
      id: Sample.id(Int(number)), scopes: .decide, created: Sample.at(),
      random: Array(repeating: number, count: 32))
  }

  @Test("A secret is its bytes in hexadecimal, and what is kept of it is SHA-256")
  func secret() {
    let new = Self.key(0xAB)
    #expect(new.secret == "pmk_" + String(repeating: "ab", count: 32))
    // printf 'pmk_abab…' | sha256sum
    let digits = new.key.digest.map {
      String($0, radix: 16).count == 1 ? "0" + String($0, radix: 16) : String($0, radix: 16)
    }
    #expect(digits.joined() == "78ed5003ae037bc5538ad83673cd685b4ee806c4422e7ee3e8ec2ea7be06a443")
    #expect(NewKey.randomBytes() != NewKey.randomBytes() && NewKey.randomBytes().count == 32)
  }

  @Test("A ring opens for its keys' secrets alone, and never again for all once it had a key")
  func opens() {
    let empty = KeyRing([])
    #expect(empty.isOpen && !empty.hasKeys && empty.key(for: "pmk_") == nil)
    let (first, second) = (Self.key(1), Self.key(2))
    let ring = KeyRing([first.key])
    ring.add(second.key)
    #expect(!ring.isOpen && ring.key(for: first.secret[...])?.id == first.key.id)
    #expect(ring.key(for: second.secret[...])?.id == second.key.id)
    #expect(ring.key(for: second.secret.dropLast()) == nil && ring.key(for: "") == nil)
    ring.remove(first.key.id)
    ring.remove(second.key.id)
    #expect(!ring.isOpen && !ring.hasKeys && ring.key(for: first.secret[...]) == nil)
    var revoked = first.key
    revoked.revoked = Sample.at()
    #expect(!KeyRing([revoked]).isOpen && KeyRing([revoked]).key(for: first.secret[...]) == nil)
  }
}
