import Credits
import HTTPTypes
import Hummingbird
import Routing
import Serving

/// Who sends a request: the key that it came with, or anybody where there are no keys.
struct Caller: Sendable {
  /// Nil where the router is open.
  var key: APIKey?
  private var credits: CreditService?

  init(key: APIKey? = nil, credits: CreditService? = nil) {
    self.key = key
    self.credits = credits
  }

  /// Of the request being answered. Bodies that are written later must not ask for it.
  @TaskLocal static var current = Caller()

  /// Whose jobs alone the caller may take in and see; nil for everybody's.
  var tenant: String? { key?.tenant }

  /// Keeps the idempotency keys of callers apart; empty where there is only one.
  var scope: String { key.map { "\($0.id) " } ?? "" }

  /// Whether something of a tenant's may be seen.
  func maySee(_ other: String?) -> Bool { tenant == nil || tenant == other }

  /// The decisions of other tenants' that something is said about; none for a caller who may speak of all.
  func foreign(in submissions: [Submission], _ service: RoutingService) async throws -> Set<Identifier> {
    guard let tenant else { return [] }
    return try await service.foreign(to: tenant, in: submissions)
  }

  /// - Throws: 404 where something is said about another tenant's decision.
  func checkSubjects(of submissions: [Submission], _ service: RoutingService) async throws {
    if let id = try await foreign(in: submissions, service).min() { throw Problem.unknownDecision(id) }
  }

  /// Refuses advice on a budget that is used up.
  ///
  /// - Throws: 402.
  func checkBudget() throws(Problem) {
    if let key, let refusal = credits?.refusal(of: key) { throw .refused(refusal) }
  }

  /// Whose the caller's job is.
  ///
  /// - Parameter named: in the request.
  /// - Throws: 403 when the key speaks for another tenant.
  func tenant(named: String?) throws(Problem) -> String? {
    guard let tenant else { return named }
    guard let named, named != tenant else { return tenant }
    throw Problem(
      .forbidden, "wrong-tenant", "The key speaks for another tenant",
      "the key's tenant is '\(tenant)', and the request names '\(named)'; leave it out, or use another key")
  }
}

/// What in a request pays for work: the caller's tenant, key, and keys of his own for providers. For every route that has
/// work done.
extension JobOrder {
  /// Puts in whose order it is and who pays.
  ///
  /// - Parameter tenant: as the request's body names it.
  /// - Throws: 403 for another tenant than the key's, 400 for a header that cannot be read.
  mutating func bill(_ caller: Caller, tenant named: String?, _ request: Request) throws {
    tenant = try caller.tenant(named: named)
    apiKey = caller.key
    credentials = try ProviderKeys.read(request.headers)
  }
}

/// `X-Provider-Key: fal=KEY`: the caller's own key for a provider whose `payment` is `forwarded`. Repeatable.
enum ProviderKeys {
  static let longest = 4_096

  static func read(_ headers: HTTPFields) throws -> [String: CallerCredential] {
    var credentials: [String: CallerCredential] = [:]
    for value in headers[values: .providerKey] {
      // What stands in the header is a secret: no error repeats it.
      guard let mark = value.firstIndex(of: "="), mark != value.startIndex,
        value.index(after: mark) != value.endIndex, value.utf8.count <= longest
      else {
        throw Problem.header(
          "X-Provider-Key", "must read PROVIDER=KEY, once for each provider, with at most \(longest) bytes")
      }
      let provider = String(value[..<mark])
      guard credentials[provider] == nil else {
        throw Problem.header("X-Provider-Key", "names provider '\(provider)' twice")
      }
      credentials[provider] = CallerCredential(String(value[value.index(after: mark)...]))
    }
    return credentials
  }
}

extension HTTPField.Name {
  static let providerKey = HTTPField.Name("X-Provider-Key")!
}
