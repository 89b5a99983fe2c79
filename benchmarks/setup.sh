#!/bin/sh
# Sets up .venv-bench with what the Celery design needs, apart from our own environment. Instant when nothing changed.
set -eu

cd -- "$(dirname -- "$0")/.."
venv=.venv-bench
requirements=benchmarks/requirements.txt

cmp -s "$requirements" "$venv/.ready" && exit 0
rm -rf "$venv"
.venv/bin/python -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
cp "$requirements" "$venv/.ready"
