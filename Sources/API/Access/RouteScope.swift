import Credits
import HTTPTypes

/// What a key must open for a request. One table for all routes; what it does not name needs `admin`, so that a route
/// that is forgotten here is shut and not open.
enum RouteScope: Equatable {
  /// Anybody, without a key: health, the contract, vendors' webhooks, which prove their sender themselves, and artefacts,
  /// whose names cannot be guessed.
  case anybody
  /// Whoever has a key.
  case anyKey
  case scopes(KeyScopes)

  static func of(_ method: HTTPRequest.Method, _ path: some StringProtocol) -> RouteScope {
    let steps = path.split(separator: "/")
    let isReading = method == .get || method == .head
    guard steps.first == "v1" else {
      switch steps.first {
      case "healthz" where isReading, "readyz" where isReading, "openapi.yaml" where isReading:
        return .anybody
      case "webhooks" where method == .post: return .anybody
      default: return .scopes(.admin)
      }
    }
    guard steps.count > 1 else { return .scopes(.admin) }
    switch steps[1] {
    case "artefacts" where isReading && steps.count == 3: return .anybody
    case "decisions" where steps.count == 4 && steps[3] == "outcome" && method == .post:
      return .scopes([.feedback, .execute])
    case "decisions", "decisions:batch": return .scopes(.decide)
    case "feedback": return .scopes(.feedback)
    case "jobs", "generate", "generations", "unified": return .scopes(.execute)
    case "candidates", "catalogue", "providers", "regions", "rankings", "frontier", "epochs", "governance",
      "recipes":
      return isReading ? .anyKey : .scopes(.admin)
    default: return .scopes(.admin)
    }
  }

  func allows(_ key: APIKey) -> Bool {
    switch self {
    case .anybody, .anyKey: true
    case .scopes(let wanted): key.scopes.allow(wanted)
    }
  }
}
