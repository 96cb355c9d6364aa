/// From our filters to ffmpeg's. Whatever their order in the request: first what changes shape and time, then colours,
/// then fades, which are measured in the time that comes out.
extension FilterGraph {
  static func reshaping(_ filter: Filter) -> [String] {
    switch filter {
    case .crop(let x, let y, let width, let height): ["crop=w=\(width):h=\(height):x=\(x):y=\(y)"]
    case .rotate(90): ["transpose=clock"]
    case .rotate(270): ["transpose=cclock"]
    case .rotate: ["hflip", "vflip"]
    case .flip(.horizontal): ["hflip"]
    case .flip(.vertical): ["vflip"]
    case .speed(let factor): ["setpts=PTS/\(decimal(factor))"]
    default: []
    }
  }

  static func colouring(_ filter: Filter) -> [String] {
    switch filter {
    case .brightness(let value): ["eq=brightness=\(decimal(value))"]
    case .contrast(let factor): ["eq=contrast=\(decimal(factor))"]
    case .saturation(let factor): ["eq=saturation=\(decimal(factor))"]
    case .greyscale: ["hue=s=0"]
    case .blur(let radius): ["gblur=sigma=\(decimal(radius))"]
    default: []
    }
  }

  /// `atempo` takes 0.5 at the least, so what is slower goes through it twice.
  static func tempo(_ filter: Filter) -> String? {
    guard case .speed(let factor) = filter else { return nil }
    return factor < 0.5 ? "atempo=0.5,atempo=\(decimal(factor * 2))" : "atempo=\(decimal(factor))"
  }

  static func volume(_ filter: Filter) -> String? {
    guard case .volume(let factor) = filter else { return nil }
    return "volume=\(decimal(factor))"
  }

  /// - Parameters:
  ///   - name: `fade` for the picture, `afade` for the sound.
  ///   - length: of what is faded, in seconds.
  static func fade(_ filter: Filter, _ name: String, of length: Double) -> String? {
    switch filter {
    case .fadeIn(let seconds): "\(name)=t=in:st=0:d=\(decimal(seconds))"
    case .fadeOut(let seconds): "\(name)=t=out:st=\(decimal(max(length - seconds, 0))):d=\(decimal(seconds))"
    default: nil
    }
  }
}
