import Credits
import Jobs
import Routing

/// Whether a job may be begun, as far as money goes.
extension JobService {
  func hold(_ job: Job, for order: JobOrder, at now: Instant) throws(JobRefusal) -> CreditChange? {
    do throws(CreditRefusal) {
      return try credits.hold(job, for: order.apiKey, at: now)
    } catch {
      throw .credits(error)
    }
  }

  /// A key that nobody would use is a mistake, and not to be taken and forgotten.
  func checkCredentials(_ credentials: [String: CallerCredential]) throws(JobRefusal) {
    let catalogue = router.snapshot.catalogue.value
    for provider in credentials.keys.sorted() {
      guard let known = catalogue.provider(provider) else {
        throw .credential("the catalogue has no provider '\(provider)'")
      }
      guard known.access?.payment == .forwarded else {
        throw .credential(
          "provider '\(provider)' is paid by this router and takes no key of a caller's; leave it out")
      }
    }
  }

  /// What would be set aside for an order; nothing where it could not be taken in.
  func reservation(for order: JobOrder, at now: Instant) async -> Money {
    let budget = order.budget ?? settings.budget(for: order.intent.capability)
    let made = try? await draw(order, at: now, deadline: now + budget)
    return made.map { Job.reservation(for: $0.plan) } ?? .zero
  }

  /// The pools of these providers have run empty, or are filled again.
  public func poolsChanged(_ providers: Set<String>) async { await dispatcher.poolsChanged(providers) }
}
