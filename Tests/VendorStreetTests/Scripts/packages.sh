#!/usr/bin/env bash
# Puts the vendors' own packages (420 MB) into .cache/street-venv of the package, for SDKTests. Safe to run
# again; with everything there it does nothing. Without Python, venv or PyPI it says so and succeeds: those
# tests are skipped.
set -euo pipefail
scripts=$(cd "$(dirname "$0")" && pwd)
cd "$scripts/../../.."
target=.cache/street-venv

without() {
  echo "packages: $1; the tests of the vendors' own packages will be skipped."
  exit 0
}

cmp --silent "$scripts/requirements.txt" "$target/requirements.txt" && exit 0
command -v python3 > /dev/null || without "python3 is missing"
rm -rf "$target"
python3 -m venv "$target" > /dev/null 2>&1 || without "python3 cannot make a venv (Debian: apt-get install python3-venv)"
"$target/bin/pip" install --quiet --disable-pip-version-check --requirement "$scripts/requirements.txt" ||
  without "PyPI did not give the packages of requirements.txt"
# Only now: a run that broke off begins anew.
cp "$scripts/requirements.txt" "$target/requirements.txt"
echo "packages: the vendors' own packages are in $target."
