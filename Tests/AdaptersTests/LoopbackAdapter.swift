import Jobs
import Routing
import Serving
import Transport

@testable import Adapters

/// Adapters of shipped declarations against a vendor on the loopback.
enum Loopback {
  static func adapter(
    _ vendor: String, at url: String, payment: PaymentModel = .onDemand, key: String? = "sk-secret-1",
    store: any ArtefactStore
  ) throws -> DeclaredAdapter {
    let declaration = try Samples.declaration(vendor)
    let bases = declaration.bases.map { Access.Base(name: $0.name, url: url) }
    let provider = Provider(id: vendor, name: vendor, access: Access(bases: bases, payment: payment))
    return DeclaredAdapter(
      declaration, for: provider,
      AdapterContext(
        transport: try HTTPTransport(), store: store, clock: FixedClock(),
        variable: { $0 == "REPLICATE_WEBHOOK_SECRET" ? WebhookTests.secret : key }, receivesWebhooks: true))
  }

  static func failed(_ work: () async throws(VendorFailure) -> Void) async -> VendorFailure? {
    do throws(VendorFailure) {
      try await work()
      return nil
    } catch {
      return error
    }
  }
}
