import Crypto
public import Jobs
public import Routing

/// What operators do about deliveries: dead letters tried again, and secrets.
extension DeliveryService {
  /// Takes a delivery out of the dead letters; nil for an unknown one.
  ///
  /// - Throws: ``DeliveryRefusal`` when it is not dead, ``ServiceError`` when it cannot be stored.
  public nonisolated func retry(_ id: Identifier) async throws -> Delivery? {
    guard let before = try ledger.delivery(id) else { return nil }
    var after = before
    guard after.retry(at: clock.now) else { throw DeliveryRefusal.notDead(before.state) }
    var batch = LedgerBatch()
    batch.deliveries = [DeliveryChange(after, before: before.revision)]
    do {
      _ = try await recorder.commit(batch)
    } catch {
      // Somebody else may have retried it meanwhile.
      if let stored = try? ledger.delivery(id), stored.revision != before.revision, stored.state != .dead {
        throw DeliveryRefusal.notDead(stored.state)
      }
      throw error
    }
    ring()
    return after
  }

  /// Makes a new secret for a tenant. Those it had sign on beside it for so long.
  ///
  /// - Parameter overlap: ≥ 0.
  /// - Returns: with its key, which is not told again.
  /// - Throws: ``ServiceError`` when it cannot be stored.
  public nonisolated func rotateSecret(of tenant: String?, overlap: Span) throws -> SigningSecret {
    let now = clock.now
    // Crypto's generator, as for every key.
    let key = SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) }
    let secret = SigningSecret(id: mint(), tenant: tenant, key: key, created: now)
    do { try ledger.append(secret: secret, endingOthers: now + overlap) } catch {
      throw ServiceError.ledger("\(error)")
    }
    return secret
  }

  /// Removes a secret at once.
  ///
  /// - Returns: the secret as it was; nil when there is none of that id.
  public nonisolated func dropSecret(_ id: Identifier) throws -> SigningSecret? {
    let secret = try ledger.signingSecrets().first { $0.id == id }
    do { return try ledger.dropSecret(id) ? secret : nil } catch { throw ServiceError.ledger("\(error)") }
  }
}
