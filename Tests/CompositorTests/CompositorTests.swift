import Composition
import Compositor
import Foundation
import Testing
import Transport
import Wire

@Suite(
  "The composition service with the machine's ffmpeg",
  .enabled(if: OpenCompositor.hasFFmpeg, OpenCompositor.lacking))
struct CompositorTests {
  /// A folder of the test's own files.
  static func folder() throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "films-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test(
    "Two clips with sound, a picture and a text over them become one film of their length and the frame asked for"
  )
  func composes() async throws {
    let own = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: own) }
    try FFmpeg.film(own + "/a.mp4", seconds: 2, pitch: 440)
    try FFmpeg.film(own + "/b.mp4", seconds: 3, size: "200x100")
    try FFmpeg.picture(own + "/p.png", colour: "red", size: "64x64")
    try await OpenCompositor.run { open in
      let a = try await open.upload(own + "/a.mp4")
      let b = try await open.upload(own + "/b.mp4")
      let p = try Data(contentsOf: URL(fileURLWithPath: own + "/p.png")).base64EncodedString()
      let id = try await open.order([
        "clips": [["url": a], ["url": b, "start_s": 1, "end_s": 2]],
        "overlays": [
          ["url": .string("data:image/png;base64," + p), "x": 10, "y": 20, "from_s": 0.5],
          ["text": "it's 100%: {fine}, [ok]", "position": "bottom", "size": 20, "box": "#000000"],
        ],
        "width": 320, "height": 240,
      ])
      let done = try await open.wait(id)
      try #require(done["state"] == "succeeded", "\(done)")
      #expect(done["progress"]?.doubleValue == 1 && done["error"] == .null)
      #expect(done["result"]?["duration_s"]?.doubleValue == 3 && done["result"]?["width"] == 320)
      let url = try #require(done["result"]?["url"]?.stringValue)
      let answer = try await open.transport.answer(open.call("GET", "/" + url))
      #expect(answer.status == 200 && answer.headers["content-type"] == "video/mp4")
      #expect(Int64(answer.body.count) == done["result"]?["bytes"]?.integerValue)
      let path = own + "/out.mp4"
      try Data(answer.body).write(to: URL(fileURLWithPath: path))
      let probe = try FFmpeg.probe(path)
      let length = try #require(probe["format"]?["duration"]?.stringValue.flatMap { Double($0) })
      #expect(abs(length - 3) < 0.1)
      let streams = probe["streams"]?.arrayValue ?? []
      let film = try #require(streams.first { $0["codec_type"] == "video" })
      #expect(film["width"] == 320 && film["height"] == 240 && film["codec_name"] == "h264")
      #expect(streams.contains { $0["codec_type"] == "audio" })
      // The picture is there from 0.5 s on: red from (10, 20) to (74, 84).
      let before = try FFmpeg.pixel(path, at: 0.2, x: 60, y: 70)
      let after = try FFmpeg.pixel(path, at: 1, x: 60, y: 70)
      #expect(after[0] > 200 && after[1] < 60 && after[2] < 60)
      #expect(!(before[0] > 200 && before[1] < 60 && before[2] < 60))
      // Of the work only the film is left.
      let left = try FileManager.default.contentsOfDirectory(atPath: open.folder + "/compositions/" + id)
      #expect(left == ["output.mp4"])
      #expect(try await open.send("DELETE", "/v1/compositions/\(id)").json["state"] == "succeeded")
      #expect(try await open.send("GET", "/v1/compositions/\(id)").status == 404)
      #expect(try FileManager.default.contentsOfDirectory(atPath: open.folder + "/compositions") == [])
    }
  }

  @Test(
    "A picture, filters on a clip and on the whole, and a track that is mixed in: other formats too",
    arguments: ["webm", "gif", "mkv"])
  func formats(format: String) async throws {
    let own = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: own) }
    try FFmpeg.film(own + "/a.mp4", seconds: 2, pitch: 300)
    try FFmpeg.picture(own + "/p.jpg", colour: "blue", size: "90x61")
    try await OpenCompositor.run { open in
      let a = try await open.upload(own + "/a.mp4")
      let p = try await open.upload(own + "/p.jpg")
      var order: [JSONValue.Member] = [
        .init(
          "clips",
          [
            [
              "url": a,
              "filters": [
                ["name": "speed", "factor": 0.4],
                ["name": "crop", "x": 10, "y": 10, "width": 100, "height": 80],
                ["name": "rotate", "degrees": 90], ["name": "saturation", "factor": 0.5],
                ["name": "fade_in", "seconds": 0.5],
              ],
            ],
            [
              "url": p, "duration_s": 1,
              "filters": [["name": "blur", "radius": 3], ["name": "flip", "axis": "vertical"]],
            ],
          ]),
        .init("width", 96), .init("fps", 10), .init("fit", "cover"), .init("format", .string(format)),
        .init(
          "filters",
          [
            ["name": "greyscale"], ["name": "brightness", "value": 0.1], ["name": "contrast", "factor": 1.2],
            ["name": "fade_out", "seconds": 1],
          ]),
      ]
      if format != "gif" {
        order.append(
          .init(
            "audio", ["url": a, "mode": "mix", "loop": true, "filters": [["name": "volume", "factor": 0.3]]]))
      }
      let done = try await open.wait(try await open.order(.object(order)))
      try #require(done["state"] == "succeeded", "\(done)")
      // 2 s at 0.4 of the speed are 5, and one of the picture. The clip is 80 x 100 once it is cut and turned.
      #expect(done["result"]?["duration_s"]?.doubleValue == 6)
      #expect(done["result"]?["width"] == 96 && done["result"]?["height"] == 120)
      let url = try #require(done["result"]?["url"]?.stringValue)
      let answer = try await open.transport.answer(open.call("GET", "/" + url))
      try Data(answer.body).write(to: URL(fileURLWithPath: own + "/out"))
      let probe = try FFmpeg.probe(own + "/out")
      let length = try #require(probe["format"]?["duration"]?.stringValue.flatMap { Double($0) })
      #expect(abs(length - 6) < 0.25)
      let kinds = (probe["streams"]?.arrayValue ?? []).compactMap { $0["codec_type"]?.stringValue }
      #expect(kinds == (format == "gif" ? ["video"] : ["video", "audio"]))
    }
  }

  /// An order that keeps ffmpeg busy for long: minutes of large pictures.
  static func long(_ picture: JSONValue) -> JSONValue {
    [
      "clips": [["url": picture, "duration_s": 600, "filters": [["name": "blur", "radius": 50]]]],
      "width": 1920, "height": 1080, "fps": 60,
    ]
  }

  @Test("Cancelling ends ffmpeg itself and removes its files; the next in the queue goes on")
  func cancel() async throws {
    let own = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: own) }
    try FFmpeg.picture(own + "/p.png")
    try await OpenCompositor.run { open in
      let p = try await open.upload(own + "/p.png")
      let id = try await open.order(Self.long(p))
      let next = try await open.order(["clips": [["url": p, "duration_s": 0.5]]])
      _ = try await open.wait(id, ["composing", "failed"])
      let mark = open.folder + "/compositions/\(id)/process"
      var pid: pid_t?
      for _ in 0..<12_000 where pid == nil {
        let marked = (try? String(contentsOfFile: mark, encoding: .utf8))?.split(separator: " ").first
        // Before ffmpeg there was ffprobe, which is marked until then.
        let name = marked.flatMap { try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8) }
        if name == "ffmpeg\n" { pid = marked.flatMap { pid_t($0) } }
        try await Task.sleep(for: .milliseconds(5))
      }
      let running = try #require(pid)
      #expect(kill(running, 0) == 0)
      #expect(try await open.state(next)["state"] == "queued")
      #expect(try await open.send("DELETE", "/v1/compositions/\(id)").json["state"] == "canceled")
      #expect(kill(running, 0) != 0, "the process is gone when the answer comes")
      #expect(!FileManager.default.fileExists(atPath: open.folder + "/compositions/\(id)"))
      #expect(try await open.wait(next)["state"] == "succeeded")
    }
  }

  @Test(
    "When all places and the queue are full, orders get 429, and the service says that it runs and no more")
  func full() async throws {
    let own = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: own) }
    try FFmpeg.picture(own + "/p.png")
    try await OpenCompositor.run {
      $0.queue = 0
    } _: { open in
      let p = try await open.upload(own + "/p.png")
      let id = try await open.order(Self.long(p))
      let refused = try await open.send("POST", "/v1/compositions", ["clips": [p]])
      #expect(refused.status == 429 && refused.json["type"] == "urn:pointsman:compose:queue-full")
      let health = try await open.send("GET", "/health")
      #expect(health.status == 200 && health.json["status"] == "running" && health.json["detail"] != .null)
      #expect(try await open.send("DELETE", "/v1/compositions/\(id)").json["state"] == "canceled")
      #expect(try await open.send("GET", "/health").json["status"] == "healthy")
    }
  }

  @Test("What a killed service leaves, files and a running ffmpeg, is gone after the next start")
  func leftovers() async throws {
    let own = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: own) }
    let orphan = Process()
    orphan.executableURL = URL(fileURLWithPath: "/bin/sleep")
    orphan.arguments = ["600"]
    try orphan.run()
    let pid = orphan.processIdentifier
    let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let began = stat[stat.lastIndex(of: ")")!...].split(separator: " ")[20]
    try Data().write(to: URL(fileURLWithPath: own + "/lock"))
    let left = own + "/compositions/0f"
    try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: true)
    try Data("\(pid) \(began)".utf8).write(to: URL(fileURLWithPath: left + "/process"))
    // A number that belongs to another process by now: ours, which began at another time.
    try FileManager.default.createDirectory(
      atPath: own + "/compositions/1f", withIntermediateDirectories: true)
    try Data("\(getpid()) 1".utf8).write(to: URL(fileURLWithPath: own + "/compositions/1f/process"))
    try await OpenCompositor.open(CompositorSettings(folder: own)) { open async throws in
      #expect(try FileManager.default.contentsOfDirectory(atPath: own + "/compositions") == [])
      #expect(throws: (any Error).self, "the folder belongs to one service") {
        try Workbench(
          CompositorSettings(folder: own), transport: open.transport, logger: OpenCompositor.logger)
      }
    }
    for _ in 0..<12_000 where orphan.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    try #require(!orphan.isRunning)
    #expect(orphan.terminationReason == .uncaughtSignal && orphan.terminationStatus == SIGKILL)
  }

  @Test("A playlist that names a file of this machine is no input, and neither is text")
  func playlists() async throws {
    try await OpenCompositor.run { open in
      let texts = [
        "#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
      ]
      for text in texts {
        let url = "data:text/plain;base64," + Data(text.utf8).base64EncodedString()
        let done = try await open.wait(try await open.order(["clips": [.string(url)]]))
        #expect(done["state"] == "failed" && done["error"]?["code"] == "invalid_input", "\(text): \(done)")
        #expect(done["error"]?["errors"]?[0]?["pointer"] == "/clips/0")
      }
    }
  }

  @Test("What does not fit the files that came fails with its pointers, and nothing of it is left")
  func misfits() async throws {
    let own = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: own) }
    try FFmpeg.film(own + "/a.mp4", seconds: 1)
    try await OpenCompositor.run { open in
      let a = try await open.upload(own + "/a.mp4")
      let id = try await open.order([
        "clips": [["url": a, "end_s": 3]], "overlays": [["text": "x", "from_s": 9]],
      ])
      let done = try await open.wait(id)
      #expect(done["state"] == "failed" && done["error"]?["code"] == "invalid_input")
      let pointers = (done["error"]?["errors"]?.arrayValue ?? []).compactMap { $0["pointer"]?.stringValue }
      #expect(pointers == ["/clips/0", "/overlays/0/from_s"])
      #expect(try await open.send("GET", "/v1/compositions/\(id)/result").status == 409)
      #expect(try FileManager.default.contentsOfDirectory(atPath: open.folder + "/compositions") == [])
    }
  }

  @Test("It is healthy and says its ffmpeg's version")
  func health() async throws {
    try await OpenCompositor.run { open in
      let (status, json) = try await open.send("GET", "/health")
      #expect(status == 200 && json["status"] == "healthy" && json["detail"] == .null && json["places"] == 1)
      let version = try FFmpeg.run("ffmpeg", ["-version"]).split(separator: " ")[2]
      #expect(json["ffmpeg"]?.stringValue == String(version))
    }
  }
}
