/// How a provider is reached, who pays it, and how much it can take at once. Holds no secret: credentials are named by
/// the environment variable that holds them.
public struct Access: Hashable, Sendable, Codable {
  /// The adapter to use: a built-in one, or a declaration of that name. Nil for the one called like the provider.
  public var adapter: String?
  /// Addresses in the place of the declared ones, by their name there; sorted by it.
  public var bases: [Base]
  /// The environment variable with the credential; nil for the declared one.
  public var credential: String?
  /// Jobs at the provider at the same time; nil is no known limit.
  public var concurrency: Int?
  /// Submissions over time; all apply.
  public var rates: [Rate]
  public var payment: PaymentModel
  /// Nil for the declared one.
  public var webhook: WebhookScheme?
  /// The environment variables with the secrets that a webhook may be signed with: two while one replaces another.
  public var webhookSecrets: [String]
  /// The least time between two status calls for one job; nil for the declared one.
  public var pollFloor: Span?
  /// Hosts that calls and downloads may go to besides the declared ones: `api.example.com`, `*.example.com`.
  public var hosts: [String]

  public struct Base: Hashable, Sendable, Codable {
    public var name: String
    public var url: String

    public init(name: String, url: String) {
      self.name = name
      self.url = url
    }
  }

  /// So many per so long.
  public struct Rate: Hashable, Sendable, Codable {
    public var count: Int
    public var period: Span

    public init(_ count: Int, per period: Span) {
      self.count = count
      self.period = period
    }
  }

  public init(
    adapter: String? = nil, bases: [Base] = [], credential: String? = nil, concurrency: Int? = nil,
    rates: [Rate] = [], payment: PaymentModel = .onDemand, webhook: WebhookScheme? = nil,
    webhookSecrets: [String] = [], pollFloor: Span? = nil, hosts: [String] = []
  ) {
    self.adapter = adapter
    self.bases = bases.sorted { $0.name < $1.name }
    self.credential = credential
    self.concurrency = concurrency
    self.rates = rates
    self.payment = payment
    self.webhook = webhook
    self.webhookSecrets = webhookSecrets
    self.pollFloor = pollFloor
    self.hosts = hosts
  }
}

/// Who pays a provider, and so whose limits count.
public enum PaymentModel: String, CaseIterable, Hashable, Sendable, Codable {
  /// Credits bought beforehand.
  case prepaidPool = "prepaid_pool"
  /// Our account, billed by use.
  case onDemand = "on_demand"
  /// The caller's own credential.
  case forwarded
}

/// How a provider proves that a webhook is its own.
public enum WebhookScheme: String, CaseIterable, Hashable, Sendable, Codable {
  /// It sends none, or none are wanted.
  case none
  /// Ed25519 over id, user, timestamp and digest, with public keys at an address (RFC 8037).
  case ed25519JWKS = "ed25519_jwks"
  /// HMAC-SHA256 over id, timestamp and body (standardwebhooks.com).
  case standardWebhooks = "standard_webhooks"
  /// HMAC-SHA256 over the body, in hexadecimal.
  case hmacHex = "hmac_hex"
  /// `t=…,v1=…`: HMAC-SHA256 over timestamp and body, in hexadecimal.
  case tV1 = "t_v1"
  /// Unsigned: a hint that a status call confirms.
  case hintOnly = "hint_only"
}
