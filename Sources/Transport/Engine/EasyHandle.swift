import CCurl

/// A handle of libcurl with its place for error texts; used again and again.
final class EasyHandle {
  let easy: UnsafeMutableRawPointer
  private let errors: UnsafeMutablePointer<CChar>

  init() throws(TransportError) {
    guard let easy = curl_easy_init() else {
      throw TransportError(
        .failed(curlCode: Int(CURLE_OUT_OF_MEMORY.rawValue)), .queued, mayHaveBeenSent: false, "out of memory"
      )
    }
    self.easy = easy
    errors = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errors.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    _ = ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errors)
  }

  deinit {
    curl_easy_cleanup(easy)
    errors.deallocate()
  }

  /// Forgets all options; connections and TLS sessions stay.
  func reset() {
    curl_easy_reset(easy)
    errors.pointee = 0
    _ = ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errors)
  }

  /// What libcurl wrote about the last error, or the general text for its code.
  func text(_ code: CURLcode) -> String {
    errors.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errors)
  }

  func set(_ option: CURLoption, _ value: Int) { _ = ccurl_set_long(easy, option, value) }
  func set(_ option: CURLoption, _ value: String) { _ = ccurl_set_text(easy, option, value) }
  func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
    _ = ccurl_set_pointer(easy, option, pointer)
  }

  /// - Returns: false when this libcurl cannot do it.
  func tries(_ option: CURLoption, _ value: String) -> Bool {
    ccurl_set_text(easy, option, value) == CURLE_OK
  }

  func number(_ info: CURLINFO) -> Int {
    var value = 0
    _ = ccurl_get_long(easy, info, &value)
    return value
  }

  func offset(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    _ = ccurl_get_offset(easy, info, &value)
    return Int(value)
  }

  func text(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    _ = ccurl_get_text(easy, info, &value)
    return value.map { String(cString: $0) }
  }
}

/// A list of lines in the form that libcurl wants.
final class LineList {
  private(set) var first: UnsafeMutablePointer<curl_slist>?

  func add(_ line: String) { first = curl_slist_append(first, line) ?? first }

  deinit { curl_slist_free_all(first) }
}
