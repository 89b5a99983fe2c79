#!/bin/sh
# Runs every test, in two processes side by side that take about as long as each other: infra/test.sh
#
# Each test has databases, virtual hosts, prefixes and ports of its own, so the two share nothing but the processor.
# The second one's output comes when the first one's has ended. Fails when either does.
set -u
cd -- "$(dirname -- "$0")/.."
second="tests/end_to_end tests/mailer tests/orders tests/tickets"
first=
for folder in $second; do first="$first --ignore=$folder"; done

output=$(mktemp)
# shellcheck disable=SC2086 # both are lists of words
.venv/bin/pytest $second > "$output" 2>&1 &
other=$!
trap 'kill "$other" 2> /dev/null; rm -f "$output"' EXIT
trap 'exit 130' INT TERM
# shellcheck disable=SC2086
.venv/bin/pytest tests $first
status=$?
wait "$other" || { failed=$?; [ "$status" != 0 ] || status=$failed; }
cat "$output"
exit "$status"
