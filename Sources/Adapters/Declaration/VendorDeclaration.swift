import Jobs
import Routing
import Wire

/// A vendor as one file declares it: everything that makes a working adapter, and no secret. See ``VendorFile``.
public struct VendorDeclaration: Hashable, Sendable {
  public let vendor: String
  /// The environment variable with the credential; nil for a vendor that needs none.
  public let credential: String?
  /// What else of the account stands in environment variables, such as a project that is part of every address.
  let variables: [AccountVariable]
  /// The first is the one that relative addresses are joined to.
  let bases: [Access.Base]
  /// Besides the bases' own, of vendors whose answers name other hosts to ask: these get the credential.
  let callHosts: [String]
  /// Where artefacts may come from, without a credential.
  let hosts: [String]
  let headers: [NamedTemplate]
  let webhook: WebhookShape
  let failures: FailureRules
  let operations: [VendorOperation]
  let health: CallShape?
  /// The vendor's lists of models; a model may stand in several.
  let discovery: [DiscoveryShape]

  /// Whether the vendor can be asked what it sells.
  public var listsModels: Bool { !discovery.isEmpty }

  /// The first operation that serves a model with a capability.
  func operation(for capability: Capability, model: String) -> VendorOperation? {
    operations.first { operation in
      operation.capabilities.contains(capability) && operation.models.contains { $0.matches(model) }
    }
  }
}

/// A place of templates that is filled from the environment.
struct AccountVariable: Hashable, Sendable {
  /// In templates.
  var name: String
  var variable: String
  /// Where the variable is not set; nil when it must be.
  var fallback: String?
}

struct NamedTemplate: Hashable, Sendable {
  var name: String
  var template: Template
}

/// One way of having work done: which calls, and how their answers are read.
struct VendorOperation: Hashable, Sendable {
  var name: String
  var capabilities: [Capability]
  var models: [Glob]
  var submitLimit: Span
  var attemptLimit: Span?
  var pollFloor: Span
  var pollCeiling: Span
  var honoursToken: Bool
  var webhookWindow: Span?
  var submit: CallShape
  var answer: AnswerShape
  /// Nil for a vendor that answers with the finished work.
  var status: CallShape?
  /// The call that fetches the output when the status says that there is one; nil when the status brings it.
  var result: CallShape?
  var cancel: CallShape?
  var list: ListShape?
  var stream: StreamShape?

  var isImmediate: Bool { status == nil }
}

/// A call to be made.
struct CallShape: Hashable, Sendable {
  enum Body: String, CaseIterable, Hashable, Sendable { case none, json, multipart }

  var method: String
  /// The first whose places can all be filled is called.
  var urls: [Template]
  var query: [NamedTemplate]
  var headers: [NamedTemplate]
  var body: Body
  /// Where in the body the fields stand, and the vendor's own parameters.
  var under: JSONPath
  /// Where the vendor's own parameters stand, when it is not there.
  var vendorUnder: JSONPath?
  var fields: [FieldRule]
  /// Fixed parts of the body, from its root, with templates.
  var fixed: [FixedPart]

  struct FixedPart: Hashable, Sendable {
    var place: JSONPath
    var value: JSONValue
    /// Whether it belongs only to orders that name a webhook.
    var isForWebhook = false
  }
}

/// Where an answer holds what.
struct AnswerShape: Hashable, Sendable {
  var id: [JSONPath] = []
  var statusURL: [JSONPath] = []
  var resultURL: [JSONPath] = []
  var cancelURL: [JSONPath] = []
  var state: [JSONPath] = []
  var states: [StateWord] = []
  /// Of a vendor that has no word for a state: the first that holds tells it.
  var signs: [StateSign] = []
  /// 0…1, or to 100 when it is more than 1.
  var progress: [JSONPath] = []
  var cost: [JSONPath] = []
  /// Dollars for one of the vendor's units.
  var costUnit = 1.0
  var inputTokens: [JSONPath] = []
  var outputTokens: [JSONPath] = []
  var urls: [JSONPath] = []
  /// What addresses of another kind become: `gs://` with what stands for it.
  var rewrites: [NamedTemplate] = []
  var base64: [JSONPath] = []
  /// Several texts are joined as they come.
  var text: [JSONPath] = []
  /// Lists of numbers; they become one text, a JSON array of arrays.
  var vectors: [JSONPath] = []
  /// Media types of answers that are the artefact itself: `audio/*`.
  var body: [Glob] = []
  /// Of artefacts whose type the answer does not say.
  var contentType: String?
  /// How long the vendor's addresses work.
  var lifetime: Span?

  struct StateWord: Hashable, Sendable {
    var word: String
    var meaning: StateMeaning
  }

  /// Something in the answer from which its state follows.
  struct StateSign: Hashable, Sendable {
    /// A place where something stands; nil holds always.
    var at: JSONPath?
    var meaning: StateMeaning
  }
}

/// What a vendor's word for a state means.
enum StateMeaning: String, CaseIterable, Hashable, Sendable {
  case queued, running, succeeded, failed, moderated, canceled, expired
}

/// Where a failure's code and message stand, and what class it is of.
struct FailureRules: Hashable, Sendable {
  var message: [JSONPath] = []
  var code: [JSONPath] = []
  var codeHeader: String?
  /// The seconds to wait stand behind this phrase in the message.
  var retryPhrase: String?
  /// Of a job that failed and says nothing that a rule knows.
  var otherwise = FailureClass.unknown
  var rules: [FailureRule] = []
}

/// One rule: all that it names must hold.
struct FailureRule: Hashable, Sendable {
  var statuses: [ClosedRange<Int>] = []
  var codes: [Glob] = []
  /// In the message, in any case.
  var phrases: [String] = []
  /// Something in the answer, whatever its status says.
  var at: JSONPath?
  /// What stands there; when none is named, anything but nothing, zero, false and emptiness.
  var values: [String] = []
  var failureClass: FailureClass
  var scope: FailureTreatment.Scope?
}

struct WebhookShape: Hashable, Sendable {
  var scheme = WebhookScheme.none
  /// Environment variables.
  var secrets: [String] = []
  /// Of `hmac_hex` and `t_v1` the header's name, of `ed25519_jwks` what the four names begin with.
  var header = ""
  /// What stands before the hexadecimal digits.
  var prefix = ""
  /// Of `t_v1`: what stands between timestamp and body.
  var separator = "."
  /// Of `ed25519_jwks`: where the public keys are.
  var keys: Template?
  var window = Span.minutes(5)
  var id: [JSONPath] = []
  var deliveryHeader: String?
  /// How the body is read, over the operation's own answer: where its parts stand, and its words.
  var state: [JSONPath] = []
  var states: [AnswerShape.StateWord] = []
  var output = JSONPath.root
}

/// The vendor's list of our jobs.
struct ListShape: Hashable, Sendable {
  var call: CallShape
  var items: JSONPath
  /// The place in an item that holds our token.
  var token: JSONPath
}

struct StreamShape: Hashable, Sendable {
  var fixed: [CallShape.FixedPart]
  var text: [JSONPath]
  var finish: [JSONPath]
  /// The data of the event that ends the stream.
  var end: String
}

/// A list of the vendor's models.
struct DiscoveryShape: Hashable, Sendable {
  var call: CallShape
  var items: JSONPath
  var model: [JSONPath]
  /// What stands before the model's name and is no part of it.
  var prefix: String
  var title: [JSONPath]
  var inputTokens: [JSONPath]
  /// Of everything in the list.
  var capabilities: [Capability]
  /// Words by which capabilities are told, first match for each item's texts.
  var kinds: [Kind]
  /// A price is known when all rules that concern the model find their number.
  var prices: [PriceRule]

  struct Kind: Hashable, Sendable {
    var at: JSONPath
    var glob: Glob
    var capabilities: [Capability]
  }

  /// Where one part of a price stands.
  struct PriceRule: Hashable, Sendable {
    var at: JSONPath
    var part: PricePart
    /// Of our unit in one of the vendor's: 1,000,000 where it states dollars for one token.
    var factor: Double
    /// Only of models that can make one of these; of all when empty.
    var capabilities: [Capability]
  }
}
