public import Jobs
public import Routing

/// How jobs are carried out.
public struct JobSettings: Sendable {
  /// Under which vendors reach this router, without a slash at its end; nil when they cannot, and are only polled.
  public var publicBase: String?
  public var rules = JobRules()
  public var candidateCircuit = CircuitRules()
  public var providerCircuit = CircuitRules.provider
  /// How long all attempts of a job together may take, where its order does not say.
  public var textBudget = Span.seconds(60)
  public var imageBudget = Span.minutes(5)
  public var audioBudget = Span.minutes(5)
  public var videoBudget = Span.minutes(30)
  /// Ended jobs whose attempts warm the figures at start, and whose open cancellations are carried out.
  public var jobsRemembered = 2_000
  /// How long after the end of a job its open cancellations are still carried out at start.
  public var cancellationWindow = Span.hours(1)
  /// How often, and after which pauses, a signed webhook about unknown work is looked at again before it is dropped.
  public var strangerPauses: [Span] = [50, 100, 200, 400, 800, 1_500].map { .milliseconds($0) }
  /// How long an event is kept back after a commit that failed.
  public var commitPause = Span.milliseconds(500)
  /// The least time between two publications of the market when only figures have changed.
  public var marketInterval = Span.milliseconds(250)

  public init(publicBase: String? = nil) { self.publicBase = publicBase }

  public func budget(for capability: Capability) -> Span {
    switch capability {
    case .textGeneration, .embedding, .qualityReview: textBudget
    case .imageGeneration, .imageEditing, .inpainting, .imageToImage, .superResolution, .backgroundRemoval:
      imageBudget
    case .textToVideo, .imageToVideo, .videoComposition: videoBudget
    case .textToSpeech, .voiceCloning, .speechToText, .audioGeneration: audioBudget
    }
  }
}

/// Whoever gives the providers' adapters.
public protocol AdapterSource: Sendable {
  subscript(provider: String) -> (any Adapter)? { get }
  /// Providers without an adapter, and why.
  var gaps: [String: String] { get }
}
