import Composition
import Testing
import Wire

@Suite("Composition plans")
struct CompositionPlanTests {
  static let film = ProbedInput(
    format: "mov", size: FrameSize(width: 640, height: 360), hasSound: true, duration: 4)
  static let mute = ProbedInput(
    format: "matroska", size: FrameSize(width: 320, height: 240), hasSound: false, duration: 2)
  static let picture = ProbedInput(
    format: "png_pipe", size: FrameSize(width: 100, height: 50), hasSound: false, duration: nil)
  static let sound = ProbedInput(format: "mp3", size: nil, hasSound: true, duration: 60)

  static func plan(_ json: JSONValue, _ probes: [ProbedInput]) throws(FieldErrors) -> CompositionPlan {
    let limits = CompositionLimits()
    return try CompositionPlan(try CompositionOrder(json, limits: limits), probes, limits: limits)
  }

  static func faults(_ json: JSONValue, _ probes: [ProbedInput]) -> [String] {
    do throws(FieldErrors) {
      _ = try plan(json, probes)
      return []
    } catch {
      return error.errors.map(\.pointer)
    }
  }

  static let guarded = [
    "-protocol_whitelist", "file", "-format_whitelist",
    "mov,matroska,avi,mpegts,mpeg,flv,gif,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,wav,mp3,flac,ogg,aac",
    "-max_pixels", "64000000",
  ]
  static let shape = "aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo"

  static func graph(_ plan: CompositionPlan) -> [String] {
    let arguments = plan.arguments(threads: 2)
    let place = arguments.firstIndex(of: "-filter_complex")!
    return arguments[place + 1].split(separator: ";").map(String.init)
  }

  @Test("One clip alone: every argument")
  func everyArgument() throws {
    let plan = try Self.plan(["clips": ["https://a.example/a.mp4"]], [Self.film])
    let start = [
      "-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-stats_period", "0.5", "-progress",
      "progress.txt", "-n", "-filter_complex_threads", "2",
    ]
    let input = Self.guarded + ["-f", "mov", "-t", "4", "-i", "input-0"]
    let picture =
      "[0:v:0]setpts=PTS-STARTPTS,scale=w=640:h=360:force_original_aspect_ratio=decrease,"
      + "pad=w=640:h=360:x=(ow-iw)/2:y=(oh-ih)/2:color=0x000000@1,setsar=1,fps=30,format=yuv420p,"
      + "trim=duration=4,setpts=PTS-STARTPTS[v0]"
    let graph = [
      picture, "[0:a:0]asetpts=PTS-STARTPTS,\(Self.shape),apad,atrim=duration=4[a0]",
      "[v0][a0]concat=n=1:v=1:a=1[joined][spoken]", "[joined]format=yuv420p[film]", "[spoken]anull[sound]",
    ].joined(separator: ";")
    let output = [
      "-filter_complex", graph, "-map", "[film]", "-c:v", "libx264", "-preset", "veryfast", "-crf", "21",
      "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-map", "[sound]", "-c:a", "aac", "-b:a", "160k",
      "-t",
      "4", "-fs", "2147483648", "-threads", "2", "-map_metadata", "-1", "-f", "mp4", "output.mp4",
    ]
    #expect(plan.arguments(threads: 2) == start + input + output)
    #expect(plan.duration == 4 && plan.size == FrameSize(width: 640, height: 360))
  }

  @Test(
    "Pictures that say nothing share what the sound lasts longer than the rest; each stands for five seconds without"
  )
  func picturesUnderSound() throws {
    let sound = ProbedInput(format: "wav", size: nil, hasSound: true, duration: 7)
    let (a, b, c): (JSONValue, JSONValue, JSONValue) = (
      "https://a.example/a", "https://a.example/b", "https://a.example/c"
    )
    let both: JSONValue = ["clips": [a, b], "audio": c]
    #expect(try Self.plan(both, [Self.picture, Self.picture, sound]).duration == 7)
    let first: JSONValue = ["url": a, "duration_s": 3]
    // Three seconds, and what is left of six.
    let later: JSONValue = ["clips": [first, b], "audio": ["url": c, "start_s": 1]]
    #expect(try Self.plan(later, [Self.picture, Self.picture, sound]).duration == 6)
    // A film of four seconds, and what is left of seven.
    #expect(try Self.plan(both, [Self.film, Self.picture, sound]).duration == 7)
    #expect(try Self.plan(["clips": [a]], [Self.picture]).duration == 5)
    let looped: JSONValue = ["clips": [a], "audio": ["url": c, "loop": true]]
    #expect(try Self.plan(looped, [Self.picture, sound]).duration == 5)
    // Nothing is left for the second picture.
    let long: JSONValue = ["clips": [["url": a, "duration_s": 7], b], "audio": c]
    #expect(try Self.plan(long, [Self.picture, Self.picture, sound]).duration == 12)
  }

  @Test("A cut, faster clip; a picture that stands; silence where a clip has no sound")
  func clips() throws {
    let plan = try Self.plan(
      [
        "clips": [
          [
            "url": "https://a.example/a", "start_s": 1, "end_s": 3,
            "filters": [["name": "fade_out", "seconds": 0.5], ["name": "speed", "factor": 2]],
          ],
          ["url": "https://a.example/p", "duration_s": 3],
          "https://a.example/m",
        ],
        "fit": "cover", "width": 320, "height": 180,
      ], [Self.film, Self.picture, Self.mute])
    // Two seconds at twice the speed, three of the picture, two of the mute one.
    #expect(plan.duration == 6)
    let arguments = plan.arguments(threads: 1)
    #expect(Self.contains(arguments, ["-f", "mov", "-ss", "1", "-t", "2", "-i", "input-0"]))
    #expect(
      Self.contains(
        arguments, ["-f", "png_pipe", "-loop", "1", "-framerate", "30", "-t", "3", "-i", "input-1"]))
    let graph = Self.graph(plan)
    #expect(
      graph[0]
        == "[0:v:0]setpts=PTS-STARTPTS,setpts=PTS/2,scale=w=320:h=180:force_original_aspect_ratio=increase,"
        + "crop=w=320:h=180,setsar=1,fps=30,fade=t=out:st=0.5:d=0.5,format=yuv420p,trim=duration=1,"
        + "setpts=PTS-STARTPTS[v0]")
    #expect(
      graph[1]
        == "[0:a:0]asetpts=PTS-STARTPTS,atempo=2,afade=t=out:st=0.5:d=0.5,\(Self.shape),apad,"
        + "atrim=duration=1[a0]")
    #expect(graph[3] == "anullsrc=r=48000:cl=stereo,atrim=duration=3[a1]")
    #expect(graph[6] == "[v0][a0][v1][a1][v2][a2]concat=n=3:v=1:a=1[joined][spoken]")
  }

  @Test("Pictures and texts lie over each other in their order; a text is in a file and never in the graph")
  func overlays() throws {
    let plan = try Self.plan(
      [
        "clips": ["https://a.example/m"],
        "overlays": [
          ["url": "https://a.example/p", "x": 20, "y": -5, "width": 120, "opacity": 0.5, "until_s": 1],
          [
            "text": "50%: 'it''s'; [x],\n%{pts}", "position": "bottom", "size": 24, "colour": "#ff8800",
            "box": "#00000080", "from_s": 0.25,
          ],
        ],
      ], [Self.mute, Self.picture])
    let graph = Self.graph(plan)
    #expect(graph[2] == "[1:v:0]scale=w=120:h=-1,format=rgba,colorchannelmixer=aa=0.5[picture0]")
    #expect(graph[3] == "[joined][picture0]overlay=x=20:y=-5:enable='between(t,0,1)'[over0]")
    #expect(
      graph[4]
        == "[over0]drawtext=textfile=text-1.txt:expansion=none:font=Sans:fontsize=24:fontcolor=0xff8800@1:"
        + "x=(w-text_w)/2:y=h-text_h-16:box=1:boxcolor=0x000000@0.501961:boxborderw=6:"
        + "enable='between(t,0.25,2)'[over1]")
    #expect(graph[5] == "[over1]format=yuv420p[film]" && graph.count == 6, "no sound anywhere")
    #expect(plan.texts.map(\.name) == ["text-1.txt"] && plan.texts[0].text.hasSuffix("%{pts}"))
    #expect(!plan.arguments(threads: 1).contains { $0.contains("pts}") || $0.contains("-map [sound]") })
  }

  @Test("A track replaces the clips' sound, or is mixed with it")
  func tracks() throws {
    let clips: JSONValue = ["https://a.example/a"]
    let replaced = try Self.plan(
      [
        "clips": clips,
        "audio": [
          "url": "https://a.example/s", "start_s": 10, "filters": [["name": "volume", "factor": 0.5]],
        ],
      ], [Self.film, Self.sound])
    #expect(
      Self.graph(replaced).dropFirst() == [
        "[v0]concat=n=1:v=1:a=0[joined]", "[joined]format=yuv420p[film]",
        "[1:a:0]asetpts=PTS-STARTPTS,volume=0.5,\(Self.shape),apad,atrim=duration=4[track]",
        "[track]anull[sound]",
      ])
    #expect(
      Self.contains(replaced.arguments(threads: 1), ["-f", "mp3", "-ss", "10", "-t", "4", "-i", "input-1"]))
    let mixed = try Self.plan(
      [
        "clips": clips, "audio": ["url": "https://a.example/s", "mode": "mix", "loop": true],
        "filters": [["name": "fade_in", "seconds": 1]],
      ], [Self.film, Self.sound])
    #expect(Self.graph(mixed).contains("[spoken][track]amix=inputs=2:duration=first:normalize=0[mixed]"))
    #expect(Self.graph(mixed).last == "[mixed]afade=t=in:st=0:d=1[sound]")
    #expect(Self.contains(mixed.arguments(threads: 1), ["-stream_loop", "-1", "-t", "4", "-i", "input-1"]))
  }

  @Test(
    "The frame follows from what is given and the first clip",
    arguments: [
      ([:], 640, 360), (["width": 320], 320, 180), (["height": 90], 160, 90),
      (["width": 100, "height": 100], 100, 100),
    ] as [(JSONValue, Int, Int)])
  func frames(wanted: JSONValue, width: Int, height: Int) throws {
    let members = [JSONValue.Member("clips", ["https://a.example/a"])] + (wanted.members ?? [])
    let plan = try Self.plan(.object(members), [Self.film])
    #expect(plan.size == FrameSize(width: width, height: height))
  }

  @Test(
    "What does not fit the files is named by its pointer",
    arguments: [
      (["clips": [["url": "https://a.example/a", "start_s": 4]]], [film], ["/clips/0/start_s"]),
      (["clips": [["url": "https://a.example/a", "end_s": 5]]], [film], ["/clips/0"]),
      (["clips": ["https://a.example/s"]], [sound], ["/clips/0"]),
      (["clips": [["url": "https://a.example/p", "start_s": 1]]], [picture], ["/clips/0/start_s"]),
      (
        ["clips": [["url": "https://a.example/p", "duration_s": 601]]], [picture], ["/clips"]
      ),
      (
        [
          "clips": [
            ["url": "https://a.example/a", "filters": [["name": "crop", "width": 641, "height": 20]]]
          ]
        ],
        [film], ["/clips/0/filters"]
      ),
      (
        ["clips": ["https://a.example/a"], "filters": [["name": "fade_in", "seconds": 5]]], [film],
        ["/filters"]
      ),
      (
        ["clips": ["https://a.example/a"], "overlays": [["text": "x", "from_s": 4]]], [film],
        ["/overlays/0/from_s"]
      ),
      (
        ["clips": ["https://a.example/a"], "overlays": [["url": "https://a.example/b"]]], [film, film],
        ["/overlays/0"]
      ),
      (["clips": ["https://a.example/a"], "audio": "https://a.example/b"], [film, mute], ["/audio"]),
    ] as [(JSONValue, [ProbedInput], [String])])
  func faults(json: JSONValue, probes: [ProbedInput], pointers: [String]) {
    #expect(Self.faults(json, probes) == pointers)
  }

  static func contains(_ all: [String], _ part: [String]) -> Bool {
    all.indices.contains { all[$0...].starts(with: part) }
  }
}
