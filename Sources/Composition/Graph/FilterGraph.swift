/// ffmpeg's filter graph of a composition: every clip brought to one shape, joined, overlaid, finished.
///
/// It is made of our own words and of numbers; see FFmpeg's "Filtering Guide" and `ffmpeg-filters`.
struct FilterGraph {
  private(set) var chains: [String] = []
  /// Whether `[sound]` is among what comes out, beside `[film]`.
  let hasSound: Bool
  private let plan: CompositionPlan

  /// The rate and layout that all sound is brought to.
  private static let soundShape =
    "aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo"

  init(_ plan: CompositionPlan) {
    self.plan = plan
    let replaces = plan.order.audio?.mode == .replace
    let usesClips = plan.order.format.hasSound && !replaces && plan.clips.contains { $0.isAudible }
    hasSound = plan.order.format.hasSound && (usesClips || plan.order.audio != nil)
    for clip in plan.clips {
      chains.append(picture(of: clip))
      if usesClips { chains.append(sound(of: clip)) }
    }
    join(usesClips)
    finishPicture(overlay())
    finishSound(usesClips)
  }

  var text: String { chains.joined(separator: ";") }

  // MARK: Clips

  private func picture(of clip: CompositionPlan.PlannedClip) -> String {
    let frame = plan.order.frame
    var steps = ["setpts=PTS-STARTPTS"]
    steps += clip.clip.filters.flatMap(FilterGraph.reshaping)
    steps += clip.clip.filters.flatMap(FilterGraph.colouring)
    steps += fitted(frame.fit)
    steps += ["setsar=1", "fps=\(decimal(frame.framesPerSecond))"]
    steps += clip.clip.filters.compactMap { FilterGraph.fade($0, "fade", of: clip.shown) }
    steps += ["format=yuv420p", "trim=duration=\(decimal(clip.shown))", "setpts=PTS-STARTPTS"]
    return "[\(clip.input.number):v:0]\(steps.joined(separator: ","))[v\(clip.input.number)]"
  }

  /// Of a clip without sound, silence.
  private func sound(of clip: CompositionPlan.PlannedClip) -> String {
    let end = "atrim=duration=\(decimal(clip.shown))"
    guard clip.isAudible else {
      return "anullsrc=r=48000:cl=stereo,\(end)[a\(clip.input.number)]"
    }
    var steps = ["asetpts=PTS-STARTPTS"]
    steps += clip.clip.filters.compactMap(FilterGraph.tempo)
    steps += clip.clip.filters.compactMap(FilterGraph.volume)
    steps += clip.clip.filters.compactMap { FilterGraph.fade($0, "afade", of: clip.shown) }
    steps += [FilterGraph.soundShape, "apad", end]
    return "[\(clip.input.number):a:0]\(steps.joined(separator: ","))[a\(clip.input.number)]"
  }

  private func fitted(_ fit: FrameRequest.Fit) -> [String] {
    let (width, height) = (plan.size.width, plan.size.height)
    let scale = "scale=w=\(width):h=\(height)"
    switch fit {
    case .stretch: return [scale]
    case .cover: return [scale + ":force_original_aspect_ratio=increase", "crop=w=\(width):h=\(height)"]
    case .contain:
      let colour = plan.order.frame.background.ffmpeg
      return [
        scale + ":force_original_aspect_ratio=decrease",
        "pad=w=\(width):h=\(height):x=(ow-iw)/2:y=(oh-ih)/2:color=\(colour)",
      ]
    }
  }

  private mutating func join(_ usesClips: Bool) {
    let places = plan.clips.map { clip in
      "[v\(clip.input.number)]" + (usesClips ? "[a\(clip.input.number)]" : "")
    }.joined()
    chains.append(
      "\(places)concat=n=\(plan.clips.count):v=1:a=\(usesClips ? 1 : 0)[joined]\(usesClips ? "[spoken]" : "")"
    )
  }

  // MARK: Overlays

  /// - Returns: the label of what carries them all.
  private mutating func overlay() -> String {
    var below = "joined"
    for (place, overlay) in plan.order.overlays.enumerated() {
      let label = "over\(place)"
      let until = min(overlay.until ?? plan.duration, plan.duration)
      let time = "enable='between(t,\(decimal(overlay.from)),\(decimal(until)))'"
      switch overlay.content {
      case .picture(_, let width, let height, let opacity):
        guard let input = plan.overlayInputs[place] else { continue }
        var steps: [String] = []
        if width != nil || height != nil {
          steps.append("scale=w=\(width.map { "\($0)" } ?? "-1"):h=\(height.map { "\($0)" } ?? "-1")")
        }
        steps.append("format=rgba")
        if opacity < 1 { steps.append("colorchannelmixer=aa=\(decimal(opacity))") }
        chains.append("[\(input.number):v:0]\(steps.joined(separator: ","))[picture\(place)]")
        let at = overlay.place.expressions(("W", "H", "w", "h"))
        chains.append("[\(below)][picture\(place)]overlay=x=\(at.x):y=\(at.y):\(time)[\(label)]")
      case .text(let style):
        let at = overlay.place.expressions(("w", "h", "text_w", "text_h"))
        var options = [
          "textfile=\(CompositionPlan.textName(place))", "expansion=none", "font=\(style.font.family)",
          "fontsize=\(style.size)", "fontcolor=\(style.colour.ffmpeg)", "x=\(at.x)", "y=\(at.y)",
        ]
        if let box = style.box {
          options += ["box=1", "boxcolor=\(box.ffmpeg)", "boxborderw=\(max(style.size / 4, 1))"]
        }
        chains.append("[\(below)]drawtext=\((options + [time]).joined(separator: ":"))[\(label)]")
      }
      below = label
    }
    return below
  }

  // MARK: The whole

  private mutating func finishPicture(_ label: String) {
    var steps = plan.order.filters.flatMap(FilterGraph.reshaping)
    steps += plan.order.filters.flatMap(FilterGraph.colouring)
    steps += plan.order.filters.compactMap { FilterGraph.fade($0, "fade", of: plan.duration) }
    guard plan.order.format == .gif else {
      chains.append("[\(label)]\((steps + ["format=yuv420p"]).joined(separator: ","))[film]")
      return
    }
    // A gif has 256 colours: those that this film needs.
    chains.append("[\(label)]\((steps + ["split"]).joined(separator: ","))[look][use]")
    chains.append("[look]palettegen[palette]")
    chains.append("[use][palette]paletteuse[film]")
  }

  private mutating func finishSound(_ usesClips: Bool) {
    guard hasSound else { return }
    var label = usesClips ? "spoken" : "track"
    if let audio = plan.order.audio, let input = plan.audioInput {
      let length = input.probe.duration.map { $0 - audio.start } ?? plan.duration
      let heard = audio.loops ? plan.duration : min(length, plan.duration)
      var steps = ["asetpts=PTS-STARTPTS"] + audio.filters.compactMap(FilterGraph.volume)
      steps += audio.filters.compactMap { FilterGraph.fade($0, "afade", of: heard) }
      steps += [FilterGraph.soundShape, "apad", "atrim=duration=\(decimal(plan.duration))"]
      chains.append("[\(input.number):a:0]\(steps.joined(separator: ","))[track]")
      if usesClips {
        chains.append("[spoken][track]amix=inputs=2:duration=first:normalize=0[mixed]")
        label = "mixed"
      }
    }
    var steps = plan.order.filters.compactMap(FilterGraph.volume)
    steps += plan.order.filters.compactMap { FilterGraph.fade($0, "afade", of: plan.duration) }
    chains.append("[\(label)]\((steps.isEmpty ? ["anull"] : steps).joined(separator: ","))[sound]")
  }
}
