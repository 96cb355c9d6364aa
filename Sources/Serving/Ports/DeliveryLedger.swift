public import Jobs
public import Routing

/// Deliveries in the ledger: what is to be told to whom, what was answered, and what it is signed with.
///
/// Written through ``LedgerBatch``, so that a delivery is durable together with the end of the job that it tells. What
/// is due is read page by page: nobody has to hold all that is pending.
public protocol DeliveryLedger: Sendable {
  func delivery(_ id: Identifier) throws -> Delivery?

  /// The latest first, by id.
  ///
  /// - Parameters:
  ///   - state: nil for all.
  ///   - job: nil for those of all jobs.
  ///   - before: only deliveries with lower ids; nil for the first page.
  func deliveries(
    state: DeliveryState?, job: Identifier?, before: Identifier?, limit: Int
  ) throws -> [Delivery]

  /// What is sent; nil for an unknown delivery.
  func deliveryPayload(_ id: Identifier) throws -> [UInt8]?

  /// By number.
  func deliveryAttempts(of id: Identifier) throws -> [DeliveryAttempt]

  /// The receivers for whom something is due, in the order of their names.
  ///
  /// - Parameters:
  ///   - after: only receivers behind this one; nil for the first page.
  ///   - busy: receivers that are passed over.
  ///   - receivers: how many at most, ≥ 0.
  ///   - each: how many deliveries of each at most, ≥ 1, those due first.
  func dueDeliveries(
    by now: Instant, after receiver: String?, busy: Set<String>, receivers: Int, each: Int
  ) throws -> [DueDeliveries]

  /// What is due for one receiver, the first of it, `limit` at most.
  func dueDeliveries(by now: Instant, for receiver: String, limit: Int) throws -> [Identifier]

  /// When the next delivery is due that is not yet; nil when there is none.
  func nextDelivery(after now: Instant) throws -> Instant?

  /// All that a tenant has, expired or not, by id; those of nobody in particular for nil.
  func signingSecrets(of tenant: String?) throws -> [SigningSecret]

  /// Everybody's, by id.
  func signingSecrets() throws -> [SigningSecret]

  /// Records a secret; the others of the same tenant sign on until `end` at the latest.
  func append(secret: SigningSecret, endingOthers end: Instant) throws

  /// Removes a secret; false when there is none of that id.
  func dropSecret(_ id: Identifier) throws -> Bool

  /// Drops the deliveries that ended before an instant, with payload and attempts. Returns how many there were.
  func dropDeliveries(endedBefore: Instant) throws -> Int
}

/// What is due for one receiver.
public struct DueDeliveries: Hashable, Sendable {
  public var receiver: String
  public var ids: [Identifier]

  public init(receiver: String, ids: [Identifier]) {
    self.receiver = receiver
    self.ids = ids
  }
}

/// A delivery as it is after a change, with what is stored in the same transaction.
public struct DeliveryChange: Hashable, Sendable {
  public var delivery: Delivery
  /// The revision that must be stored at present; nil for a delivery that is not there yet.
  public var before: Int?
  /// The attempt that changed it.
  public var attempt: DeliveryAttempt?
  /// Of a new delivery.
  public var payload: [UInt8]?

  public init(
    _ delivery: Delivery, before: Int?, attempt: DeliveryAttempt? = nil, payload: [UInt8]? = nil
  ) {
    self.delivery = delivery
    self.before = before
    self.attempt = attempt
    self.payload = payload
  }
}
