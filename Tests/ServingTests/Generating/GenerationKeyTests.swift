import Jobs
import Recipes
import Routing
import Serving
import TestSupport
import Testing

@Suite("Recipes paid with callers' own keys")
struct GenerationKeyTests {
  static let secret = CallerCredential("vendor-key-of-the-caller")
  /// `north` is paid by its callers, `south` by this router.
  static let access = ["north": Access(payment: .forwarded)]

  static func order(_ provider: String = "north", only: [String]? = nil) -> GenerationOrder {
    var order = GenerationServiceTests.order()
    order.credentials = [provider: secret]
    order.terms.only = only
    return order
  }

  static func vendors() -> GenerationWorld.Vendors {
    let vendors = GenerationWorld.Vendors()
    vendors.north.obstruct(.noForwardedCredential(provider: "north"))
    return vendors
  }

  @Test("The key goes with every step's job, and is nowhere else")
  func passedThrough() async throws {
    let ledger = MemoryLedger()
    _ = try ledger.append(recipe: Sample.version())
    let vendors = Self.vendors()
    let world = try await GenerationWorld.start(on: ledger, vendors, access: Self.access)
    let generation = try await world.done(Self.order())
    #expect(generation.state == .succeeded, "\(generation.failure as Any)")
    #expect(vendors.north.orders.map(\.credential) == [Self.secret, Self.secret])
    #expect(generation.terms.ownKeys == ["north"])
    let stored = String(decoding: generation.stored, as: UTF8.self)
    #expect(stored.contains("own_keys") && !stored.contains(Self.secret.secret))
    #expect(try Generation(stored: generation.stored, request: generation.request) == generation)
    // Without one whoever needs none does it.
    let other = try await world.done(GenerationServiceTests.order())
    #expect(other.steps.flatMap(\.elements).map(\.executed) == ["south/b", "south/b"])
    await world.stop()
  }

  @Test("A key that nobody would use is refused before anything is stored", arguments: ["south", "nobody"])
  func unusable(provider: String) async throws {
    let ledger = MemoryLedger()
    _ = try ledger.append(recipe: Sample.version())
    let world = try await GenerationWorld.start(on: ledger, Self.vendors(), access: Self.access)
    await #expect {
      _ = try await world.generations.submit(Self.order(provider))
    } throws: {
      guard case .credential(let message)? = $0 as? GenerationRefusal else { return false }
      return message.contains("'\(provider)'") && !message.contains(Self.secret.secret)
    }
    #expect(try ledger.generations(states: nil, before: nil, limit: 9).isEmpty)
    await world.stop()
  }

  /// Kills a router after some commits, and has the next one, which has no key, go on.
  ///
  /// - Returns: how it ended; nil when the first router came to the end.
  private static func killed(after commits: Int, only: [String]?) async throws -> Generation? {
    let base = MemoryLedger()
    _ = try base.append(recipe: Sample.version())
    let vendors = vendors()
    let dying = FailingLedger(base)
    let first = try await GenerationWorld.start(
      on: dying, vendors, access: access, isDead: { dying.isDead })
    dying.stop(after: commits)
    _ = try? await first.generations.submit(order(only: only))
    func open() throws -> [Generation] { try base.generations(states: [.running], before: nil, limit: 9) }
    try #require(try await eventually { try dying.isGone || open().isEmpty })
    first.abandon()
    await first.router.stop()
    guard dying.isGone, try !open().isEmpty else { return nil }
    let second = try await GenerationWorld.start(on: base, vendors, access: access)
    try #require(try await eventually { try open().isEmpty })
    await second.stop()
    return try base.generations(states: nil, before: nil, limit: 9).first
  }

  @Test("After a restart what is left goes to whoever needs no key")
  func failsOver() async throws {
    var endings: [[String?]] = []
    for commits in 1...9 {
      guard let generation = try await Self.killed(after: commits, only: nil) else { continue }
      #expect(generation.state == .succeeded, "\(commits): \(generation.failure as Any)")
      endings.append(generation.steps.flatMap(\.elements).map(\.executed))
    }
    #expect(
      endings.contains(["south/b", "south/b"]) && endings.contains(["north/a", "south/b"]), "\(endings)")
  }

  @Test("With nobody else the step fails, and says that the key is gone")
  func fails() async throws {
    var steps: Set<String?> = []
    var messages: [String] = []
    for commits in 1...9 {
      guard let generation = try await Self.killed(after: commits, only: ["north"]) else { continue }
      // The last job may have been over when the router was killed.
      if generation.state == .succeeded { continue }
      let failure = try #require(generation.failure)
      // Whether a submission arrived cannot be found out without the key.
      if failure.message == "the router stopped while it was submitting" { continue }
      #expect(failure.code == .authenticationFailed, "\(commits): \(failure)")
      #expect(failure.message.contains("gone"), "\(commits): \(failure)")
      steps.insert(failure.step)
      messages.append(failure.message)
    }
    #expect(steps == ["picture", "large"], "\(messages)")
    // Those whose job was not there yet, and those whose job was.
    #expect(messages.contains { $0.contains("send the request again") }, "\(messages)")
    #expect(messages.contains { $0.contains("send the job again") }, "\(messages)")
  }
}
