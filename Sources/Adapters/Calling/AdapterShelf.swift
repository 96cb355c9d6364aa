public import Declarations
import Foundation
public import Routing
public import Serving

/// The adapters of a catalogue's providers.
public struct AdapterShelf: Sendable {
  /// A provider without an adapter, and why.
  public struct Gap: Hashable, Sendable {
    public var provider: String
    public var reason: String
  }

  /// Sorted by provider.
  public let adapters: [any Adapter]
  /// Sorted by provider.
  public let gaps: [Gap]
  private let places: [String: Int]

  /// - Parameter declarations: of vendors; the built-in sandbox and Bedrock need none.
  public init(_ catalogue: Catalogue, declarations: [VendorDeclaration], _ context: AdapterContext) {
    var adapters: [any Adapter] = []
    var gaps: [Gap] = []
    for provider in catalogue.providers {
      let name = provider.access?.adapter ?? provider.id
      if let declaration = declarations.first(where: { $0.vendor == name }) {
        adapters.append(DeclaredAdapter(declaration, for: provider, context))
      } else if name == "sandbox" {
        adapters.append(SandboxAdapter(provider: provider.id, store: context.store))
      } else if name == "bedrock" {
        if let adapter = BedrockAdapter(for: provider, context) {
          adapters.append(adapter)
        } else {
          let fault = BedrockAdapter.fault(of: provider.access) ?? "its entry cannot be followed"
          gaps.append(
            Gap(provider: provider.id, reason: "provider '\(provider.id)' has no adapter: \(fault)"))
        }
      } else {
        gaps.append(
          Gap(
            provider: provider.id,
            reason: "provider '\(provider.id)' has no adapter: no declaration is called '\(name)'"))
      }
    }
    self.adapters = adapters
    self.gaps = gaps
    places = Dictionary(uniqueKeysWithValues: adapters.enumerated().map { ($0.element.provider, $0.offset) })
  }

  public subscript(provider: String) -> (any Adapter)? { places[provider].map { adapters[$0] } }

  /// What keeps providers from being used now: adapters that are missing and credentials that are.
  public var obstacles: [String] {
    gaps.map(\.reason)
      + adapters.compactMap { adapter in
        // A forwarded credential comes with each order.
        if case .missingCredential? = adapter.obstacle(for: nil) {
          adapter.obstacle(for: nil)?.description
        } else {
          nil
        }
      }
  }

  /// Every declaration in a folder: `*.yaml`, by file name.
  ///
  /// - Throws: the faults of all files together; two files for one vendor; a folder that cannot be read.
  public static func declarations(inFolder path: String) throws(DeclarationErrors) -> [VendorDeclaration] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw DeclarationErrors([DeclarationError(file: path, line: 0, message: "cannot be read")])
    }
    var declarations: [VendorDeclaration] = []
    var errors: [DeclarationError] = []
    for name in names.sorted() where name.hasSuffix(".yaml") {
      let file = path + "/" + name
      do throws(DeclarationErrors) {
        let declaration = try VendorFile.load(path: file)
        if declarations.contains(where: { $0.vendor == declaration.vendor }) {
          errors.append(
            DeclarationError(file: file, line: 0, message: "vendor '\(declaration.vendor)' is declared twice")
          )
        }
        declarations.append(declaration)
      } catch {
        errors += error.errors
      }
    }
    guard errors.isEmpty else { throw DeclarationErrors(errors) }
    return declarations
  }
}
