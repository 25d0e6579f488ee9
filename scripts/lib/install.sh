# SPDX-License-Identifier: BSL-1.0
# Sourced by the other scripts: installs what is missing on Debian 12. Prints one line for each step.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        die "this needs root for: $* (install sudo, or run as root)"
    fi
}

# need_packages PACKAGE...: those that are not installed yet are installed, by name.
need_packages() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q 'ok installed' \
            || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    command -v apt-get > /dev/null || die "missing packages:$missing (only Debian is automated)"
    say "installing$missing"
    as_root apt-get update -qq > /dev/null
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $missing > /dev/null || die "apt-get could not install:$missing"
}

need_toolchain() {
    need_packages g++ cmake ninja-build ccache libboost1.81-dev libboost-json1.81-dev \
        libboost-test1.81-dev libfmt-dev libcli11-dev libbenchmark-dev libssl-dev zlib1g-dev libbrotli-dev
}

need_node() {
    command -v node > /dev/null || need_packages nodejs
    command -v npm > /dev/null || need_packages npm
}

# need_npm_packages [FOLDER]: the packages that its lock file pins. Without FOLDER those of the tests: stock clients,
# reference servers, the browser driver. No package runs a script of its own: none of these needs it.
need_npm_packages() {
    need_node
    folder=${1:-tests/interop}
    stamp=$folder/node_modules/.installed
    if [ ! -f "$stamp" ] || [ "$folder/package-lock.json" -nt "$stamp" ]; then
        say "installing the npm packages of $folder"
        (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > /dev/null) \
            || die "npm ci failed in $folder"
        touch "$stamp"
    fi
}

# The Socket.IO client of Python that the tests let meet our server, over its asynchronous and its blocking HTTP.
need_python_client() {
    need_packages python3-socketio python3-engineio python3-aiohttp python3-requests python3-websocket
}

# A compiler of its own generator keeps an old build folder useless: configure anew then.
configure_and_build() {
    preset=$1
    shift
    mkdir -p build
    say "configuring $preset"
    cmake --preset "$preset" > "build/configure-$preset.log" 2>&1 \
        || { cat "build/configure-$preset.log" >&2; die "cmake --preset $preset failed"; }
    say "building $preset"
    cmake --build --preset "$preset" "$@"
}
