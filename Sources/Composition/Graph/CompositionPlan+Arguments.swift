extension CompositionPlan {
  /// What ffmpeg writes its progress into, in the composition's folder.
  public static let progressName = "progress.txt"

  /// The texts that must stand in files before ffmpeg starts. In a file a text needs no escaping, and cannot become
  /// part of the graph.
  public var texts: [(name: String, text: String)] {
    order.overlays.enumerated().compactMap { place, overlay in
      guard case .text(let style) = overlay.content else { return nil }
      return (CompositionPlan.textName(place), style.text)
    }
  }

  /// ffmpeg's arguments, to be run without a shell in the composition's folder.
  ///
  /// - Parameter threads: at most so many for filters and for the encoder each.
  public func arguments(threads: Int) -> [String] {
    let graph = FilterGraph(self)
    var arguments = [
      "-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-stats_period", "0.5", "-progress",
      CompositionPlan.progressName, "-n", "-filter_complex_threads", "\(threads)",
    ]
    arguments += clips.flatMap(arguments(of:))
    for place in overlayInputs.keys.sorted() {
      if let input = overlayInputs[place] { arguments += opened(input, []) }
    }
    if let audio = order.audio, let input = audioInput {
      let start = audio.start > 0 ? ["-ss", decimal(audio.start)] : []
      arguments += opened(
        input, (audio.loops ? ["-stream_loop", "-1"] : []) + start + ["-t", decimal(duration)])
    }
    arguments += ["-filter_complex", graph.text, "-map", "[film]"]
    arguments += order.format.picture
    if graph.hasSound { arguments += ["-map", "[sound]"] + order.format.sound }
    return arguments + [
      "-t", decimal(duration), "-fs", "\(limits.outputBytes)", "-threads", "\(threads)", "-map_metadata",
      "-1",
      "-f", order.format.muxer, order.format.fileName,
    ]
  }

  private func arguments(of clip: PlannedClip) -> [String] {
    let length = ["-t", decimal(clip.taken)]
    if clip.input.probe.isPicture {
      let rate = decimal(order.frame.framesPerSecond)
      return opened(clip.input, ["-loop", "1", "-framerate", rate] + length)
    }
    return opened(clip.input, (clip.clip.start > 0 ? ["-ss", decimal(clip.clip.start)] : []) + length)
  }

  /// An input with what guards it: it is opened as what it was found to be, and as nothing else.
  private func opened(_ input: Input, _ options: [String]) -> [String] {
    ProbedInput.guardOptions(limits) + ["-f", input.probe.format] + options + ["-i", input.file]
  }
}
