import Jobs
import Routing
import TestSupport
import Testing

@testable import Serving

@Suite("Signed links")
struct ArtefactLinksTests {
  static let name = ArtefactRegisterTests.name
  let clock = ManualClock()
  let ledger = MemoryLedger()

  func links(isRequired: Bool = true) throws -> ArtefactLinks {
    let mint = IdentifierMint(seed: 3)
    return try ArtefactLinks(
      ledger: ledger, isRequired: isRequired, clock: clock, mint: { [clock] in mint.next(at: clock.now) },
      life: { .hours(1) })
  }

  func parts(_ address: String) -> (expires: String, signature: String) {
    let query = address.split(separator: "?")[1].split(separator: "&").map {
      String($0.split(separator: "=")[1])
    }
    return (query[0], query[1])
  }

  @Test("The signature is the HMAC of the name and the expiry, as Python's hmac module has it")
  func vector() {
    // hmac.new(bytes(range(32)), b"a.png\n1800000000", "sha256").hexdigest()
    let key = (0..<32).map { UInt8($0) }
    let signature = LinkSeal.signature("a.png", expires: 1_800_000_000, key: key)
    #expect(signature == "52c43b635143b723e66c96c53a334311c8485da30dcf19e3ef757dd17a4875ab")
    #expect(LinkSeal.isValid(signature, "a.png", expires: 1_800_000_000, key: key))
    #expect(!LinkSeal.isValid(signature, "a.png", expires: 1_800_000_001, key: key))
    #expect(!LinkSeal.isValid(signature, "b.png", expires: 1_800_000_000, key: key))
    #expect(!LinkSeal.isValid(signature.uppercased(), "a.png", expires: 1_800_000_000, key: key))
    for wrong in ["", "00", String(signature.dropLast()), signature + "0", "g" + signature.dropFirst()] {
      #expect(!LinkSeal.isValid(wrong, "a.png", expires: 1_800_000_000, key: key))
    }
  }

  @Test("A link holds for its life, and for its name alone")
  func life() throws {
    let links = try links()
    let link = try #require(links.link(to: "https://r.example/v1/artefacts/\(Self.name)"))
    #expect(link.address.hasPrefix("https://r.example/v1/artefacts/\(Self.name)?expires="))
    #expect(link.expires == clock.now + .hours(1))
    let (expires, signature) = parts(link.address)
    func pass(_ name: String = Self.name) -> ArtefactLinks.Pass {
      links.pass(name, expires: expires, signature: signature)
    }
    #expect(pass() == .granted(until: link.expires))
    #expect(pass("\(ArtefactContract.abc).png") == .wrong)
    #expect(links.pass(Self.name, expires: expires + "0", signature: signature) == .wrong)
    #expect(links.pass(Self.name, expires: "soon", signature: signature) == .wrong)
    #expect(links.pass(Self.name, expires: nil, signature: signature) == .wrong)
    #expect(links.pass(Self.name, expires: expires, signature: nil) == .wrong)
    #expect(links.pass(Self.name, expires: nil, signature: nil) == .missing)
    clock.advance(by: .minutes(60))
    #expect(pass() == .expired)
    #expect(links.link(to: "https://v.example/a.png") == nil)
  }

  @Test("Where links are not required plain addresses do, and wrong links still do not")
  func open() throws {
    let links = try links(isRequired: false)
    #expect(links.pass(Self.name, expires: nil, signature: nil) == .granted(until: nil))
    #expect(links.pass(Self.name, expires: "1", signature: "00") == .wrong)
  }

  @Test("After a rotation old links hold for the overlap, by another process too; without overlap they end")
  func rotation() throws {
    let links = try links()
    let address = "/v1/artefacts/\(Self.name)"
    let (expires, signature) = parts(try #require(links.link(to: address)).address)
    clock.advance(by: .minutes(1))
    _ = try links.rotate(overlap: .minutes(10))
    let next = parts(try #require(links.link(to: address)).address)
    #expect(next.signature != signature)
    let other = try self.links()
    for links in [links, other] {
      #expect(links.pass(Self.name, expires: expires, signature: signature) != .wrong)
      #expect(links.pass(Self.name, expires: next.expires, signature: next.signature) != .wrong)
    }
    clock.advance(by: .minutes(10))
    #expect(links.pass(Self.name, expires: expires, signature: signature) == .wrong)
    #expect(links.pass(Self.name, expires: next.expires, signature: next.signature) != .wrong)
    _ = try links.rotate(overlap: .seconds(0))
    #expect(links.pass(Self.name, expires: next.expires, signature: next.signature) == .wrong)
    #expect(try ledger.linkKeys().count == 1)
  }
}
