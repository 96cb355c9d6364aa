import Foundation
import Jobs
import Routing
import Serving
import Transport
import Wire

/// A vendor's declaration together with what the catalogue says of the provider: turns orders into calls and answers
/// into reports. Pure: no clock, no network, no credential of its own.
struct VendorInterpreter: Sendable {
  let declaration: VendorDeclaration
  let provider: String
  /// The addresses in force; the first is the one that relative addresses are joined to.
  let bases: [Access.Base]
  /// Where calls may go, with the credential.
  let callPolicy: OutboundPolicy
  /// From where artefacts may come.
  let artefactPolicy: OutboundPolicy
  let webhook: WebhookShape
  /// What else of the account is known, by its name in templates.
  let variables: [String: String]

  /// - Parameter variables: the values of the declaration's variables; one that has none takes what stands in for it.
  init(_ declaration: VendorDeclaration, for provider: Provider, variables: [String: String] = [:]) {
    self.declaration = declaration
    let fallbacks = declaration.variables.compactMap { item in item.fallback.map { (item.name, $0) } }
    self.variables = variables.merging(fallbacks) { given, _ in given }
    self.provider = provider.id
    let access = provider.access
    let bases = declaration.bases.map { base in
      access?.bases.first { $0.name == base.name } ?? base
    }
    self.bases = bases
    let hosts = declaration.callHosts
    callPolicy = VendorInterpreter.policy(bases: bases, hosts: hosts, kind: provider.kind)
    artefactPolicy = VendorInterpreter.policy(
      bases: bases, hosts: hosts + declaration.hosts + (access?.hosts ?? []), kind: provider.kind)
    var webhook = declaration.webhook
    if access?.webhook == WebhookScheme.none { webhook.scheme = .none }
    if let scheme = access?.webhook { webhook.scheme = scheme }
    if let secrets = access?.webhookSecrets, !secrets.isEmpty { webhook.secrets = secrets }
    self.webhook = webhook
  }

  /// The hosts of the addresses and those named besides, over https; whatever else an operator's own address says
  /// (http, a port, this machine) is allowed because he said so.
  static func policy(bases: [Access.Base], hosts: [String], kind: Provider.Kind) -> OutboundPolicy {
    var hosts = hosts
    var schemes: [OutboundPolicy.Scheme] = [.https]
    var ports = [443]
    var ranges: [AddressRange] = []
    for url in bases.compactMap({ URL(string: $0.url) }) {
      guard let host = url.host() else { continue }
      if !hosts.contains(host) { hosts.append(host) }
      if url.scheme == "http", !schemes.contains(.http) { schemes.append(.http) }
      let port = url.port ?? (url.scheme == "http" ? 80 : 443)
      if !ports.contains(port) { ports.append(port) }
      if IPAddress(host) != nil, let range = AddressRange(host.filter { $0 != "[" && $0 != "]" }) {
        ranges.append(range)
      } else if host == "localhost" {
        ranges += ["127.0.0.0/8", "::1/128"].compactMap { AddressRange($0) }
      } else if kind == .local {
        ranges += ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
          .compactMap { AddressRange($0) }
      }
    }
    return OutboundPolicy(hosts: hosts, schemes: schemes, ports: ports, allowedRanges: ranges)
  }

  /// The absolute form of an address that the vendor supplied; nil when the policy forbids it.
  func checked(_ url: String, _ policy: OutboundPolicy) -> String? {
    try? policy.checked(url, relativeTo: bases.first.map { $0.url + "/" })
  }

  /// The same for an address to call about a job.
  func callable(_ url: String) -> String? { checked(url, callPolicy) }

  func contract(of operation: VendorOperation, access: Access?, receivesWebhooks: Bool) -> VendorContract {
    let floor = access?.pollFloor ?? operation.pollFloor
    return VendorContract(
      submitLimit: operation.submitLimit, attemptLimit: operation.attemptLimit,
      poll: operation.status == nil
        ? nil : PollSchedule(floor: floor, ceiling: max(floor, operation.pollCeiling)),
      honoursToken: operation.honoursToken, lists: operation.list != nil,
      webhookWindow: receivesWebhooks && webhook.scheme != .none ? operation.webhookWindow : nil,
      cancels: operation.cancel != nil)
  }
}

/// What an answer says about a job, before its artefacts are kept.
struct Reading: Hashable, Sendable {
  enum State: Hashable, Sendable {
    case queued
    case running(progress: Double?)
    /// Nil when the output must be fetched by a further call.
    case succeeded(Output?)
    case failed(VendorFailure)
    case canceled
    case expired
    case unrecognised(String)
  }

  var state: State
  var job: VendorJob?
  var cost: Money?
  var usage: TokenUsage?
  /// Whether an answer that says "over" also holds an error: then the output's call tells the job's failure.
  var isSuspect = false
}

/// What a vendor has made, as it stands in an answer.
struct Output: Hashable, Sendable {
  enum File: Hashable, Sendable {
    case address(String)
    case inline([UInt8], contentType: String)
  }

  var files: [File] = []
  var text: String?
  var contentType: String?
  var lifetime: Span?

  var isEmpty: Bool {
    (text ?? "").isEmpty
      && files.allSatisfy { if case .inline(let bytes, _) = $0 { bytes.isEmpty } else { false } }
  }
}
