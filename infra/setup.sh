#!/bin/sh
# Sets up .venv from a requirements file with hashes: infra/setup.sh requirements.txt
#
# Instant when nothing changed, and heals itself when it was interrupted. PYTHON=/path/to/python
# chooses the interpreter. requirements-dev.txt has everything of requirements.txt, at the same versions.
set -eu

requirements=${1:?usage: infra/setup.sh requirements.txt}
cd -- "$(dirname -- "$0")/.."
root=$(pwd -P)
venv=$root/.venv

main() {
    [ -f "$requirements" ] || fail "there is no file $root/$requirements"
    if ready; then return; fi
    wait_for_turn
    if ready; then return; fi
    interpreter=$(find_python) || fail "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python"
    [ -w "$root" ] || fail "can't write to $root: it belongs to another user"
    if [ -e "$venv/.unfinished" ] || ! venv_works; then make_venv; fi
    : > "$venv/.unfinished"
    rm -f "$venv"/.ready-*
    install_packages
    make_command
    fingerprint > "$venv/.ready-$requirements"
    if [ "$requirements" = requirements-dev.txt ]; then fingerprint > "$venv/.ready-requirements.txt"; fi
    rm -f "$venv/.unfinished"
}

ready() {
    [ -f "$venv/.ready-$requirements" ] && [ "$(cat "$venv/.ready-$requirements")" = "$(fingerprint)" ]
}

# What the environment depends on: where it lies, its Python, the pinned versions.
fingerprint() {
    echo "$root"
    "$venv/bin/python" -ISc 'import sys; print(sys.version)' 2> /dev/null || echo "no Python"
    cksum requirements*.txt
}

wait_for_turn() {
    command -v flock > /dev/null 2>&1 || return 0
    exec 9< "$root/infra/setup.sh"
    flock -n 9 && return 0
    say "Another set-up is under way: waiting for it"
    flock 9
}

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -ISc 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
        # Whoever names one means that one.
        [ "$candidate" != "${PYTHON:-}" ] || return 1
    done
    return 1
}

# Its own Python still runs, it lies where it was made (scripts in it name that place), and it is the one asked for.
venv_works() {
    [ ! -f "$venv/.made-in" ] || [ "$(cat "$venv/.made-in")" = "$root" ] || return 1
    [ "$("$venv/bin/python" -Ic 'import sys; print(sys.prefix)' 2> /dev/null)" = "$venv" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of "$venv/bin/python")" ]
}

version_of() { "$1" -ISc 'import sys; print(sys.version)' 2> /dev/null; }

make_venv() {
    say "Making .venv with $("$interpreter" -V) ($interpreter)"
    rm -rf "$venv"
    mkdir "$venv"
    : > "$venv/.unfinished"
    echo "$root" > "$venv/.made-in"
    if "$interpreter" -c 'import ensurepip, venv' 2> /dev/null; then
        "$interpreter" -m venv "$venv"
    elif "$interpreter" -c 'import pip, venv' 2> /dev/null; then
        "$interpreter" -m venv --without-pip "$venv"
    else
        install_venv_module
        "$interpreter" -m venv "$venv"
    fi
}

# Debian and Ubuntu ship Python without it.
install_venv_module() {
    package=$("$interpreter" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    how="Python lacks its venv module: run \`apt-get install $package\` as root, and try again"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null 2>&1; then fail "$how"; fi
    say "Installing $package"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package"; } \
        > "$venv/setup.log" 2>&1 || fail "$how (apt-get's own words are in $venv/setup.log)"
}

install_packages() {
    total=$(grep -c '^[A-Za-z0-9].*==' "$requirements" || :)
    say "Installing $total packages (under a minute; later starts skip this)"
    if "$venv/bin/python" -c 'import pip' 2> /dev/null; then
        set -- "$venv/bin/python" -m pip
    else
        set -- "$interpreter" -m pip --python "$venv/bin/python"
    fi
    rm -f "$venv/.pip-failed"
    {
        PYTHONUNBUFFERED=1 "$@" --disable-pip-version-check --no-input install --require-hashes --no-deps \
            --only-binary :all: --progress-bar off --root-user-action ignore -r "$requirements" 2>&1 ||
            : > "$venv/.pip-failed"
    } | show_progress
    [ ! -e "$venv/.pip-failed" ] || fail "the packages can't be installed: $(reason) (all of it: $venv/setup.log)"
}

# One line that counts on a terminal, a few lines elsewhere; everything to setup.log.
show_progress() {
    count=0
    while IFS= read -r line; do
        printf '%s\n' "$line" >&3
        case $line in
            Collecting*)
                count=$((count + 1))
                name=${line#Collecting }
                if [ -t 2 ]; then
                    printf '\r\033[K  %s of %s: %s' "$count" "$total" "${name%%[=<>; ]*}" >&2
                elif [ $((count % 20)) = 0 ]; then
                    say "$count of $total fetched"
                fi
                ;;
            'Installing collected'*)
                if [ -t 2 ]; then printf '\r\033[K' >&2; fi
                say "All fetched: unpacking them"
                ;;
        esac
    done 3> "$venv/setup.log"
    if [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

reason() {
    if grep -q 'Retrying (' "$venv/setup.log"; then
        echo "no connection to the package index"
    else
        sed -n 's/^ERROR: //p' "$venv/setup.log" | head -n 1
    fi
}

# The project is used from where it lies; -P keeps folders named like ours in the current one out of the way.
make_command() {
    site=$("$venv/bin/python" -Ic 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$root" > "$site/boxoffice.pth"
    printf '#!/bin/sh\nexec "$(dirname -- "$0")/python" -P -m boxoffice "$@"\n' > "$venv/bin/boxoffice"
    chmod +x "$venv/bin/boxoffice"
}

say() { echo "  $*" >&2; }

fail() {
    echo "setup: $*" >&2
    exit 1
}

main
