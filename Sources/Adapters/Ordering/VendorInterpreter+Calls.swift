import Jobs
import Routing
import Serving
import Transport
import Wire

/// From orders to calls.
extension VendorInterpreter {
  /// What the places of a call's templates are filled with.
  struct Filling {
    var order: OrderValues?
    var job: VendorJob?
    var model: String?
    var credential: String?
  }

  /// - Throws: when no address of the call can be filled, or it may not be called.
  func call(_ shape: CallShape, _ filling: Filling) throws(VendorFailure) -> CallDescription {
    let places = { (name: String) in place(name, filling) }
    guard let url = shape.urls.lazy.compactMap({ $0.filled(for: .url, places) }).first else {
      throw VendorFailure(
        .unknown, cause: .found,
        message: "the vendor gave no address to call that its provider's entry allows")
    }
    let query = shape.query.compactMap { named in
      named.template.filled(places).map {
        Template.encoded(named.name, keepingSlashes: false) + "="
          + Template.encoded($0, keepingSlashes: false)
      }
    }
    let joined = query.isEmpty ? url : url + (url.contains("?") ? "&" : "?") + query.joined(separator: "&")
    let checked: String
    do {
      checked = try callPolicy.checked(joined, relativeTo: bases.first.map { $0.url + "/" })
    } catch {
      throw VendorFailure(.local, cause: .found, message: "the call is not allowed: \(error.detail)")
    }
    var description = CallDescription(method: shape.method, url: checked)
    for named in declaration.headers + shape.headers {
      if let value = named.template.filled(places) {
        description.headers.append(CallDescription.Header(name: named.name, value: value))
      }
    }
    description.body = body(shape, filling, places)
    return description
  }

  /// The vendor's headers, for a file at its own address; none for a file anywhere else, so that no credential leaves
  /// for another host.
  func downloadHeaders(_ url: String, _ credential: String?) -> [CallDescription.Header] {
    guard bases.contains(where: { url == $0.url || url.hasPrefix($0.url + "/") }) else { return [] }
    return declaration.headers.compactMap { named in
      named.template.filled { $0 == "credential" ? credential.map { .word($0) } : nil }
        .map { CallDescription.Header(name: named.name, value: $0) }
    }
  }

  private func place(_ name: String, _ filling: Filling) -> Template.Value? {
    if let value = account(name) { return value }
    switch name {
    case "credential": return filling.credential.map { .word($0) }
    case "id": return filling.job.map { .word($0.id) }
    case "status_url": return filling.job?.statusURL.flatMap(callable).map { .address($0) }
    case "result_url": return filling.job?.resultURL.flatMap(callable).map { .address($0) }
    case "cancel_url": return filling.job?.cancelURL.flatMap(callable).map { .address($0) }
    case "model" where filling.order == nil: return filling.model.map { .path($0) }
    case "model_root" where filling.order == nil:
      return filling.model.map { .path($0.split(separator: "/").prefix(2).joined(separator: "/")) }
    default: return filling.order?.place(name)
    }
  }

  /// What is the same for all of a provider's calls: its addresses, and what else of the account is known.
  func account(_ name: String) -> Template.Value? {
    if let base = bases.first(where: { $0.name == name }) { return .address(base.url) }
    return variables[name].map { .word($0) }
  }

  private func body(
    _ shape: CallShape, _ filling: Filling, _ places: (String) -> Template.Value?
  ) -> CallDescription.Body {
    guard shape.body != .none else { return .none }
    var json = JSONValue.object([])
    var files: [CallDescription.Part] = []
    if let order = filling.order {
      for rule in shape.fields {
        guard let value = rule.value(of: order) else { continue }
        if rule.form == .file, shape.body == .multipart, let url = value.stringValue {
          files.append(CallDescription.Part(name: rule.target.steps.last ?? "file", content: .file(url: url)))
        } else {
          json = shape.under.appending(rule.target).putting(value, into: json)
        }
      }
      for member in order.order.input.vendor {
        let place = (shape.vendorUnder ?? shape.under).appending(JSONPath(steps: [member.name]))
        json = place.putting(member.value, into: json)
      }
    }
    for part in shape.fixed where !part.isForWebhook || filling.order?.order.webhookURL != nil {
      // A part of nothing but places that nothing fills is no part.
      guard let value = Template.filled(part.value, places), value != .object([]) else { continue }
      json = part.place.putting(value, into: json)
    }
    if shape.body == .json {
      let isCertainlyEmpty = shape.fields.isEmpty && shape.fixed.isEmpty
      return isCertainlyEmpty && json == .object([]) ? .none : .json(json)
    }
    let texts = (json.members ?? []).flatMap { member -> [CallDescription.Part] in
      let values = member.value.arrayValue ?? [member.value]
      return values.map { value in
        let text = value.scalarText ?? String(decoding: value.serialized(), as: UTF8.self)
        return CallDescription.Part(name: member.name, content: .text(text))
      }
    }
    return .multipart(texts + files)
  }

  // MARK: Checking an order

  /// What the vendor itself would refuse, as far as its declaration tells.
  func faults(of values: OrderValues, _ operation: VendorOperation) -> FieldErrors {
    operation.submit.fields.faults(of: values, by: "\(provider)'s \(operation.name)")
  }
}
