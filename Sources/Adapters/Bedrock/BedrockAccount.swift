import Routing
import Transport

/// The environment variables that an AWS account is read from.
///
/// The provider's `credential` in the catalogue names the first, `AWS_ACCESS_KEY_ID` when it names none, and what stands
/// before `ACCESS_KEY_ID` there begins the names of all: `TEAM_AWS_ACCESS_KEY_ID` goes with `TEAM_AWS_REGION`.
struct BedrockVariables: Hashable, Sendable {
  private let beginning: String

  private static let ending = "ACCESS_KEY_ID"

  /// Nil for a name that does not end as it must.
  init?(credential: String?) {
    let name = credential ?? "AWS_ACCESS_KEY_ID"
    guard name.hasSuffix(Self.ending) else { return nil }
    beginning = String(name.dropLast(Self.ending.count))
  }

  var accessKey: String { beginning + Self.ending }
  var secretKey: String { beginning + "SECRET_ACCESS_KEY" }
  /// Only of temporary credentials.
  var sessionToken: String { beginning + "SESSION_TOKEN" }
  /// `us-east-1`
  var region: String { beginning + "REGION" }
  /// `s3://bucket/folder` in that region: where Bedrock writes films, and where they are fetched from.
  var output: String { beginning + "BEDROCK_OUTPUT" }
}

/// An AWS account in one region, ready to sign.
struct BedrockAccount: Sendable {
  var accessKey: String
  var secretKey: String
  var sessionToken: String?
  var region: String

  init(accessKey: String, secretKey: String, sessionToken: String? = nil, region: String) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
    self.region = region
  }

  /// A caller's own account, written `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` behind it where there is
  /// one. None of the three holds a colon. Nil for anything else.
  init?(forwarded text: String, region: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(
      accessKey: parts[0], secretKey: parts[1], sessionToken: parts.count > 2 ? parts[2] : nil, region: region
    )
  }

  /// What no message may repeat. AWS puts the whole call, session token and all, into the answer to a wrong signature.
  var secrets: [String] { [secretKey] + (sessionToken.map { [$0] } ?? []) }

  /// - Parameter service: `bedrock`, also for its control plane; `s3` for what lies in the bucket.
  func signature(for service: String) -> SignatureV4 {
    SignatureV4(
      accessKey: accessKey, secretKey: secretKey, sessionToken: sessionToken, region: region, service: service
    )
  }
}

/// Where Bedrock is: three hosts of a region, or what the catalogue's `base_urls` say instead.
struct BedrockPlaces: Sendable {
  /// InvokeModel, Converse and the asynchronous calls.
  let runtime: String
  /// The list of models and their life cycles.
  let control: String
  /// S3, with the bucket as the first part of the path.
  let storage: String

  static let names = ["runtime", "control", "storage"]

  init(region: String, _ bases: [Access.Base] = []) {
    func place(_ name: String, _ host: String) -> String {
      bases.first { $0.name == name }?.url ?? "https://\(host).\(region).amazonaws.com"
    }
    runtime = place("runtime", "bedrock-runtime")
    control = place("control", "bedrock")
    storage = place("storage", "s3")
  }

  /// As they are called and allowed.
  func base(_ name: String, _ url: String) -> Access.Base { Access.Base(name: name, url: url) }

  /// Where calls go.
  var calls: [Access.Base] { [base("runtime", runtime), base("control", control)] }
  var files: [Access.Base] { [base("storage", storage)] }

  /// The address of an object that a URI such as `s3://bucket/folder/a.mp4` names; nil for any other text.
  func address(of uri: String) -> String? {
    guard uri.hasPrefix("s3://") else { return nil }
    let path = uri.dropFirst(5)
    let bucket = path.prefix { $0 != "/" }
    guard !bucket.isEmpty, path.count > bucket.count + 1 else { return nil }
    return storage + "/" + Template.encoded(String(path), keepingSlashes: true)
  }
}
