import Foundation

/// The tools of the contract, which are written in Python.
enum Python {
  static let hasTools = (try? run("import yaml, jsonschema, openapi_spec_validator").status) == 0

  static func run(_ script: String, _ arguments: String...) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  /// Validates the document, then every exchange by it. Answers are held against closed schemas: a member that is not
  /// documented is a fault, although clients must expect new ones.
  static let check = #"""
    import json, re, sys, yaml
    from jsonschema import Draft202012Validator
    from openapi_spec_validator import validate

    document = yaml.safe_load(open(sys.argv[1]))
    validate(document)
    components = document["components"]

    parts = set()
    def find_parts(node):
        if isinstance(node, dict):
            parts.update(item["$ref"] for item in node.get("allOf", []) if "$ref" in item)
            for value in node.values(): find_parts(value)
        elif isinstance(node, list):
            for value in node: find_parts(value)
    find_parts(document)

    def closed(node, is_part=False):
        if isinstance(node, list): return [closed(item) for item in node]
        if not isinstance(node, dict): return node
        copy = {key: [closed(item, True) for item in value] if key == "allOf" else closed(value)
                for key, value in node.items()}
        is_schema = isinstance(node.get("properties"), dict) and "type" in node or "allOf" in node
        if is_schema and not is_part and "additionalProperties" not in node:
            copy["unevaluatedProperties"] = False
        return copy

    answers = {"schemas": {name: closed(schema, f"#/components/schemas/{name}" in parts)
                           for name, schema in components["schemas"].items()}}

    def resolved(node):
        while "$ref" in node:
            found = document
            for step in node["$ref"][2:].split("/"): found = found[step]
            node = found
        return node

    def faults(schema, value, components):
        validator = Draft202012Validator({**schema, "components": components})
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in validator.iter_errors(value)]

    templates = {path: re.compile("^" + re.sub(r"\\\{[^/]*?\\\}", "[^/]+", re.escape(path)) + "$")
                 for path in document["paths"]}
    wrong, succeeded = [], set()
    for exchange in json.load(open(sys.argv[2])):
        name = f"{exchange['method']} {exchange['path']} {exchange['status']}"
        path = exchange["path"] if exchange["path"] in templates else next(
            (path for path, template in templates.items() if template.match(exchange["path"])), None)
        operations = document["paths"][path]
        operation = operations.get(exchange["method"])
        if operation is None:
            if exchange["status"] != 405: wrong.append(f"{name}: no such operation")
            operation = next(value for key, value in operations.items() if key != "parameters")
        status = str(exchange["status"])
        if status[0] == "2": succeeded.add((path, exchange["method"]))
        if status not in operation["responses"]:
            wrong.append(f"{name}: status is not documented")
            continue
        response = resolved(operation["responses"][status])
        if exchange["media_type"] not in response["content"]:
            wrong.append(f"{name}: media type {exchange['media_type']} is not documented")
            continue
        if exchange["media_type"].endswith("json"):
            schema = closed(response["content"][exchange["media_type"]]["schema"])
            wrong += [f"{name}: {fault}" for fault in faults(schema, json.loads(exchange["answer"]), answers)]
        if exchange["request"] is not None and "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            refused = faults(schema, exchange["request"], components)
            if status[0] == "2" and refused: wrong.append(f"{name}: was taken against the schema: {refused}")
            if status == "400" and not refused and not exchange["is_beyond_schema"]:
                wrong.append(f"{name}: was refused, though the schema allows {json.dumps(exchange['request'])[:300]}")
    for path, operations in document["paths"].items():
        for method in operations:
            if method != "parameters" and (path, method) not in succeeded: wrong.append(f"{method} {path}: never succeeded")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)
    """#
}
