public import Wire

/// A composition whose inputs are known: how long everything is shown, and what ffmpeg is to be told.
public struct CompositionPlan: Hashable, Sendable {
  public let order: CompositionOrder
  let clips: [PlannedClip]
  /// By their place in ``CompositionOrder/overlays``.
  let overlayInputs: [Int: Input]
  let audioInput: Input?
  public let size: FrameSize
  /// Of the film, in seconds.
  public let duration: Double
  let limits: CompositionLimits

  /// A file among ffmpeg's inputs.
  struct Input: Hashable, Sendable {
    var number: Int
    var probe: ProbedInput

    var file: String { CompositionPlan.inputName(number) }
  }

  struct PlannedClip: Hashable, Sendable {
    var clip: Clip
    var input: Input
    /// Taken from the file, in seconds.
    var taken: Double
    /// In the film, in seconds: the same at another speed.
    var shown: Double

    var isAudible: Bool { input.probe.hasSound && !clip.filters.contains(.mute) }
  }

  /// How an input is called in the composition's folder. Without an extension: what a file is, its content says.
  public static func inputName(_ number: Int) -> String { "input-\(number)" }

  /// How the text of an overlay is called there.
  public static func textName(_ overlay: Int) -> String { "text-\(overlay).txt" }

  /// - Parameter probes: of ``CompositionOrder/sources``, in their order.
  /// - Throws: what does not fit together, by the request's pointers.
  public init(
    _ order: CompositionOrder, _ probes: [ProbedInput], limits: CompositionLimits
  ) throws(FieldErrors) {
    precondition(probes.count == order.sources.count, "a probe for every source")
    var errors = FieldErrors()
    self.order = order
    self.limits = limits
    let inputs = probes.enumerated().map { Input(number: $0.offset, probe: $0.element) }
    let picture = Self.pictureDuration(order, probes)
    clips = order.clips.enumerated().map { place, clip in
      var clip = clip
      if clip.duration == nil, inputs[place].probe.isPicture { clip.duration = picture }
      return Self.planned(clip, inputs[place], JSONPointer.step("clips") + JSONPointer.step(place), &errors)
    }
    let shown = clips.reduce(0) { $0 + $1.shown }
    duration = min(order.duration ?? shown, shown)
    size = Self.frame(order.frame, clips.first, limits, &errors)
    var next = order.clips.count
    var pictures: [Int: Input] = [:]
    for (place, overlay) in order.overlays.enumerated() where overlay.source != nil {
      pictures[place] = inputs[next]
      next += 1
    }
    overlayInputs = pictures
    audioInput = order.audio == nil ? nil : inputs[next]
    check(&errors)
    guard errors.isEmpty else { throw errors }
  }

  /// How long a picture stands that says nothing: pictures share what the sound lasts longer than the clips that do say
  /// it, and without sound, or where none is left, each stands for ``Clip/pictureDuration``.
  private static func pictureDuration(_ order: CompositionOrder, _ probes: [ProbedInput]) -> Double {
    guard let audio = order.audio, !audio.loops, order.duration == nil,
      let length = probes.last?.duration
    else { return Clip.pictureDuration }
    var rest = length - audio.start
    var silent = 0
    for (clip, probe) in zip(order.clips, probes) {
      if let duration = clip.duration {
        rest -= duration / clip.speed
      } else if probe.isPicture {
        silent += 1
      } else {
        rest -= max((probe.duration ?? 0) - clip.start, 0) / clip.speed
      }
    }
    let share = rest / Double(max(silent, 1))
    return share >= 0.1 ? share : Clip.pictureDuration
  }

  private static func planned(
    _ clip: Clip, _ input: Input, _ pointer: String, _ errors: inout FieldErrors
  ) -> PlannedClip {
    func fail(_ field: String, _ message: String) {
      errors.append(FieldError(pointer: pointer + field, message: message))
    }
    let probe = input.probe
    guard let size = probe.size else {
      fail("", "has no picture; give sound as audio")
      return PlannedClip(clip: clip, input: input, taken: 0, shown: 0)
    }
    var taken = clip.duration ?? Clip.pictureDuration
    let speed = clip.speed
    if probe.isPicture {
      if clip.start > 0 { fail("/start_s", "must not be given for a picture") }
      if speed != 1 { fail("/filters", "a picture has no speed; give it another duration_s") }
    } else if let length = probe.duration {
      let rest = length - clip.start
      taken = clip.duration ?? rest
      if rest < 0.1 {
        fail(
          "/start_s",
          "must be at least 0.1 s before the file's end at \(decimal(length)) s, got \(clip.start)")
      } else if taken > rest + 0.1 {
        fail("", "ends at \(decimal(clip.start + taken)) s, and the file has \(decimal(length)) s")
      }
      taken = min(taken, max(rest, 0))
    } else if clip.duration == nil {
      fail("", "does not say how long it is: give end_s or duration_s")
    }
    let shown = taken / speed
    for filter in clip.filters {
      switch filter {
      case .crop(let x, let y, let width, let height)
      where x + width > size.width || y + height > size.height:
        fail("/filters", "crop reaches beyond the clip, which has \(size.width) x \(size.height) pixels")
      case .fadeIn(let seconds) where seconds > shown, .fadeOut(let seconds) where seconds > shown:
        fail(
          "/filters", "a fade of \(decimal(seconds)) s is longer than the clip, which has \(decimal(shown)) s"
        )
      default: break
      }
    }
    return PlannedClip(clip: clip, input: input, taken: taken, shown: shown)
  }

  /// The frame's size: as asked for, else from the first clip as it is after cropping and turning.
  private static func frame(
    _ wanted: FrameRequest, _ first: PlannedClip?, _ limits: CompositionLimits, _ errors: inout FieldErrors
  ) -> FrameSize {
    var own = first?.input.probe.size ?? FrameSize(width: 1_280, height: 720)
    for filter in first?.clip.filters ?? [] {
      if case .crop(_, _, let width, let height) = filter { own = FrameSize(width: width, height: height) }
    }
    for case .rotate(let degrees)? in first?.clip.filters ?? [] where degrees != 180 {
      own = FrameSize(width: own.height, height: own.width)
    }
    func even(_ side: Double) -> Int { max(Int((side / 2).rounded()) * 2, 16) }
    let ratio = Double(own.width) / Double(own.height)
    let size =
      switch (wanted.width, wanted.height) {
      case (let width?, let height?): FrameSize(width: width, height: height)
      case (let width?, nil): FrameSize(width: width, height: even(Double(width) / ratio))
      case (nil, let height?): FrameSize(width: even(Double(height) * ratio), height: height)
      case (nil, nil): FrameSize(width: even(Double(own.width)), height: even(Double(own.height)))
      }
    if size.width > 8_192 || size.height > 8_192 || size.width * size.height > limits.pixels {
      errors.append(
        FieldError(
          pointer: "/width",
          message:
            "the frame would have \(size.width) x \(size.height) pixels, more than the \(limits.pixels) that "
            + "are made; give a smaller width and height"))
    }
    return size
  }

  private func check(_ errors: inout FieldErrors) {
    if duration > limits.duration {
      errors.append(
        FieldError(
          pointer: "/clips",
          message: "make a film of \(decimal(duration)) s, and at most \(decimal(limits.duration)) s are made"
        ))
    }
    for filter in order.filters {
      switch filter {
      case .fadeIn(let seconds) where seconds > duration, .fadeOut(let seconds) where seconds > duration:
        errors.append(
          FieldError(
            pointer: "/filters",
            message:
              "a fade of \(decimal(seconds)) s is longer than the film, which has \(decimal(duration)) s"))
      default: break
      }
    }
    for (place, overlay) in order.overlays.enumerated() {
      let pointer = JSONPointer.step("overlays") + JSONPointer.step(place)
      if let input = overlayInputs[place], !input.probe.isPicture {
        errors.append(
          FieldError(pointer: pointer, message: "is no picture; an overlay is a png, jpeg, webp or bmp"))
      }
      if overlay.from >= duration {
        errors.append(
          FieldError(
            pointer: pointer + "/from_s",
            message: "must be before the film's end at \(decimal(duration)) s, got \(decimal(overlay.from))"))
      }
    }
    guard let audio = order.audio, let input = audioInput else { return }
    if !input.probe.hasSound { errors.append(FieldError(pointer: "/audio", message: "has no sound")) }
    if let length = input.probe.duration, audio.start >= length {
      errors.append(
        FieldError(
          pointer: "/audio/start_s",
          message: "must be before the file's end at \(decimal(length)) s, got \(decimal(audio.start))"))
    }
  }
}
