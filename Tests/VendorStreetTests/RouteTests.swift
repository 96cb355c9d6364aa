import HTTPTypes
import Testing

@testable import VendorStreet

@Suite("Routes and forms")
struct RouteTests {
  @Test(
    "A pattern takes what it names",
    arguments: [
      ("v1/predictions/{id}", "v1/predictions/abc", ["id": "abc"]),
      ("v1/predictions/{id}", "v1/predictions", nil),
      ("v1/predictions/{id}", "v1/predictions/a/b", nil),
      ("{app...}/requests/{id}/status", "fal-ai/flux/requests/7/status", ["app": "fal-ai/flux", "id": "7"]),
      ("{app...}/requests/{id}", "comfy/me/it/requests/7", ["app": "comfy/me/it", "id": "7"]),
      ("models/{model}:invoke", "models/veo-3:invoke", ["model": "veo-3"]),
      ("models/{model}:invoke", "models/:invoke", nil),
      ("{app...}", "a/b/c", ["app": "a/b/c"]),
    ] as [(String, String, [String: String]?)])
  func patterns(pattern: String, path: String, captures: [String: String]?) {
    let route = Route(.get, pattern, .other) { _ in .empty(200) }
    #expect(route.match(path.split(separator: "/").map(String.init)) == captures)
  }

  @Test("A form is cut into its parts, whatever bytes they hold")
  func forms() throws {
    var body = Array(
      """
      --xyz\r
      Content-Disposition: form-data; name="model"\r
      \r
      whisper-1\r
      --xyz\r
      Content-Disposition: form-data; name="file"; filename="a b.wav"\r
      Content-Type: audio/wav\r
      \r

      """.utf8)
    let bytes: [UInt8] = [0, 13, 10, 45, 45, 255]
    body += bytes + Array("\r\n--xyz--\r\n".utf8)
    let form = try #require(MultipartForm(body, contentType: "multipart/form-data; boundary=xyz"))
    #expect(form.text("model") == "whisper-1")
    #expect(form["file"]?.bytes == bytes && form["file"]?.fileName == "a b.wav")
    #expect(form["file"]?.contentType == "audio/wav" && form["prompt"] == nil)
    #expect(MultipartForm(body, contentType: "application/json") == nil)
    #expect(MultipartForm(body, contentType: "multipart/form-data") == nil)
  }
}
