import Composition
import Testing
import Wire

@Suite("Composition orders")
struct CompositionOrderTests {
  static func order(_ json: JSONValue) throws(FieldErrors) -> CompositionOrder {
    try CompositionOrder(json, limits: CompositionLimits())
  }

  static func faults(_ json: JSONValue) -> [String] {
    do throws(FieldErrors) {
      _ = try order(json)
      return []
    } catch {
      return error.errors.map(\.pointer)
    }
  }

  @Test("A clip may be its URL alone, and everything else has a usual value")
  func shortest() throws {
    let order = try Self.order(["clips": ["https://a.example/a.mp4", "upload:0f-1"]])
    #expect(order.clips == [Clip(.address("https://a.example/a.mp4")), Clip(.upload("0f-1"))])
    #expect(order.format == .mp4 && order.frame.framesPerSecond == 30 && order.frame.fit == .contain)
    #expect(order.overlays.isEmpty && order.audio == nil && order.duration == nil)
  }

  @Test("Sources come in the order of ffmpeg's inputs, each with its place in the request")
  func sources() throws {
    let order = try Self.order([
      "audio": "data:audio/wav;base64,AA==",
      "overlays": [["text": "x"], ["url": "https://a.example/logo.png"]],
      "clips": [["url": "https://a.example/a.mp4", "start_s": 1, "end_s": 3.5]],
    ])
    #expect(order.sources.map(\.pointer) == ["/clips/0", "/overlays/1", "/audio"])
    #expect(order.clips[0].start == 1 && order.clips[0].duration == 2.5)
  }

  @Test(
    "What is wrong is named by its pointer",
    arguments: [
      ([:], ["/clips"]),
      (["clips": []], ["/clips"]),
      (["clips": ["file:///etc/passwd"]], ["/clips/0/url"]),
      (["clips": ["concat:a|b"]], ["/clips/0/url"]),
      (["clips": ["upload:../x"]], ["/clips/0/url"]),
      (["clips": [["url": "https://a.example/a", "end_s": 1, "start_s": 1]]], ["/clips/0/end_s"]),
      (["clips": [["url": "https://a.example/a", "end_s": 1, "duration_s": 1]]], ["/clips/0/end_s"]),
      (["clips": ["https://a.example/a"], "widht": 10], ["/widht"]),
      (["clips": ["https://a.example/a"], "width": 641], ["/width"]),
      (["clips": ["https://a.example/a"], "width": 8_000, "height": 8_000], ["/width"]),
      (["clips": ["https://a.example/a"], "background": "red"], ["/background"]),
      (["clips": ["https://a.example/a"], "format": "exe"], ["/format"]),
      (["clips": ["https://a.example/a"], "format": "gif", "audio": "https://a.example/b"], ["/audio"]),
      (
        ["clips": ["https://a.example/a"], "filters": [["name": "movie", "filename": "/etc/passwd"]]],
        ["/filters/0/name"]
      ),
      (
        ["clips": ["https://a.example/a"], "filters": [["name": "speed", "factor": 2]]], ["/filters/0/name"]
      ),
      (["clips": ["https://a.example/a"], "filters": ["hue=s=0"]], ["/filters/0"]),
      (
        ["clips": [["url": "https://a.example/a", "filters": [["name": "volume", "factor": 11]]]]],
        ["/clips/0/filters/0/factor"]
      ),
      (["clips": ["https://a.example/a"], "overlays": [["x": 1, "y": 1]]], ["/overlays/0"]),
      (["clips": ["https://a.example/a"], "overlays": [["text": "a", "x": 1]]], ["/overlays/0/y"]),
      (
        ["clips": ["https://a.example/a"], "overlays": [["text": "a", "from_s": 2, "until_s": 2]]],
        ["/overlays/0/until_s"]
      ),
      (
        ["clips": ["https://a.example/a"], "overlays": [["text": "a", "font": "/etc/fonts"]]],
        ["/overlays/0/font"]
      ),
    ] as [(JSONValue, [String])])
  func faults(json: JSONValue, pointers: [String]) {
    #expect(Self.faults(json) == pointers)
  }

  @Test("More files than the limit are refused, whatever they are for")
  func tooMany() {
    let clips = JSONValue.array(Array(repeating: "https://a.example/a", count: 32))
    #expect(Self.faults(["clips": clips]) == [])
    #expect(Self.faults(["clips": clips, "audio": "https://a.example/b"]) == ["/clips"])
  }

  @Test("ffprobe's answer says what a file is, as it is shown")
  func probes() throws {
    let film: JSONValue = [
      "streams": [
        [
          "codec_type": "video", "width": 1920, "height": 1080, "side_data_list": [["rotation": -90]],
          "disposition": ["attached_pic": 0],
        ],
        ["codec_type": "audio", "duration": "4.5"],
      ],
      "format": ["format_name": "mov,mp4,m4a,3gp,3g2,mj2", "duration": "4.520000"],
    ]
    #expect(
      try ProbedInput(ffprobe: film)
        == ProbedInput(
          format: "mov", size: FrameSize(width: 1_080, height: 1_920), hasSound: true, duration: 4.52))
    let song: JSONValue = [
      "streams": [
        ["codec_type": "audio", "duration": "180.0"],
        ["codec_type": "video", "width": 500, "height": 500, "disposition": ["attached_pic": 1]],
      ],
      "format": ["format_name": "mp3", "duration": "180.0"],
    ]
    #expect(
      try ProbedInput(ffprobe: song) == ProbedInput(format: "mp3", size: nil, hasSound: true, duration: 180))
    let picture: JSONValue = [
      "streams": [["codec_type": "video", "width": 64, "height": 32]], "format": ["format_name": "png_pipe"],
    ]
    #expect(try ProbedInput(ffprobe: picture).isPicture)
    #expect(throws: ProbeRefusal.format("hls")) {
      try ProbedInput(ffprobe: ["streams": [["codec_type": "video"]], "format": ["format_name": "hls"]])
    }
    #expect(throws: ProbeRefusal.nothingInside) {
      try ProbedInput(ffprobe: ["streams": [], "format": ["format_name": "wav"]])
    }
  }

  @Test("Progress is the newest time that ffmpeg wrote, as a share of the film")
  func progress() {
    let text =
      "e=0\nout_time_us=500000\nprogress=continue\nframe=40\nout_time_us=1500000\nprogress=continue\n"
    #expect(CompositionProgress.fraction(text, of: 2) == 0.75)
    #expect(CompositionProgress.fraction(text + "progress=end\n", of: 2) == 1)
    #expect(CompositionProgress.fraction("out_time_us=N/A\nprogress=continue\n", of: 2) == nil)
    #expect(CompositionProgress.fraction("out_time_us=-9223372036854775807\n", of: 2) == 0)
    #expect(CompositionProgress.fraction("", of: 2) == nil)
  }
}
