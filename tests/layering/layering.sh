#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# Checks the layers of a source tree: layering.sh check <root>.
# layering.sh self-test <root> breaks every rule once, in copies, and wants to be told.
# CXX: the compiler whose dependency output counts. EXTRA_FLAGS: where Boost and fmt are.
set -u

# Drivers and the facade may name Asio; every other source of lib/ is a machine, and pure.
drivers='lib/src/asio.cpp
lib/src/client_options.cpp
lib/src/client_multiplexer.cpp
lib/src/client_outgoing.cpp
lib/src/client_state.cpp
lib/src/engine/drainer.cpp
lib/src/engine/peer.cpp
lib/src/engine/peer_upgrade.cpp
lib/src/engine/server.cpp
lib/src/engine_server.cpp
lib/src/manager_state.cpp
lib/src/multiplexer.cpp
lib/src/multiplexer_limits.cpp
lib/src/namespace_group.cpp
lib/src/namespace_recovery.cpp
lib/src/namespace_state.cpp
lib/src/operation.cpp
lib/src/options.cpp
lib/src/parent_namespace.cpp
lib/src/report.cpp
lib/src/server_multiplexer.cpp
lib/src/server_shard.cpp
lib/src/server_state.cpp
lib/src/shard.cpp
lib/src/socket_events.cpp
lib/src/socket_interceptors.cpp
lib/src/socket_state.cpp
lib/src/spawn.cpp
lib/src/wakeup.cpp'

# Only these know sockets.
socket_files='transports/include/cosio/transports/adopted_stream.hpp
transports/src/listener.cpp
transports/src/listening_socket.cpp
transports/src/network_dialer.cpp
transports/src/runtime.cpp
transports/src/tcp_stream.cpp
transports/src/tcp_stream.hpp'

sources() # directory...: C++ files below
{
    find "$@" -type f \( -name '*.cpp' -o -name '*.hpp' \) 2>/dev/null | sort
}

complain() # file rule [detail]
{
    echo "$1: $2${3:+: $3}"
    echo 1 >> "$faults"
}

pure_units()
{
    { sources lib/src codecs/src transports/wire | grep '\.cpp$'; } | while read -r file; do
        printf '%s\n' "$drivers" | grep -qx "$file" || echo "$file"
    done
}

# The compiler says what a unit depends on, however deep.
check_asio()
{
    pure_units | while read -r file; do
        # shellcheck disable=SC2086
        if ! dependencies=$(${CXX:-c++} -std=c++20 -M ${EXTRA_FLAGS:-} -DBOOST_ASIO_SEPARATE_COMPILATION \
            -Ilib/include -Icodecs/include -Itransports/include -Itransports "$file" 2>&1); then
            complain "$file" "the compiler does not read it" "$(printf '%s\n' "$dependencies" | sed 1q)"
            continue
        fi
        # The HTTP parser of Beast, used without a stream, names buffers: types without behaviour.
        allowed='^$'
        [ "$file" != transports/wire/http1.cpp ] ||
            allowed='boost/asio/(buffer|is_contiguous_iterator|detail/(config|array_fwd|memory|cstdint|throw_exception|string_view|type_traits|push_options|pop_options|is_buffer_sequence))\.hpp'
        found=$(printf '%s\n' "$dependencies" | tr ' ' '\n' | grep 'boost/asio' |
            grep -v -E "$allowed" | sed 1q)
        [ -z "$found" ] || complain "$file" "a pure unit depends on Asio" "$found"
        above=$(printf '%s\n' "$dependencies" | tr ' ' '\n' | grep -m1 -E '^transports/(include|src)/')
        [ -z "$above" ] || complain "$file" "depends on a driver of transports" "$above"
    done
}

forbid_include() # rule pattern directory...
{
    rule=$1
    pattern=$2
    shift 2
    sources "$@" | while read -r file; do
        found=$(grep -m1 -E "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" "$file")
        [ -z "$found" ] || complain "$file" "$rule" "$found"
    done
}

check_includes()
{
    forbid_include 'lib knows no transport and no codec' \
        'cosio/(transports|codecs)/|cosio/(json|msgpack)\.hpp|(\.\./)*(transports|codecs|wire)/' lib/include lib/src
    forbid_include 'codecs know no transport' 'cosio/transports/|(\.\./)*(transports|wire)/' codecs
    forbid_include 'transports know no codec' \
        'cosio/codecs/|cosio/(json|msgpack)\.hpp|(\.\./)*codecs/' transports
    sources lib codecs transports | while read -r file; do
        printf '%s\n' "$socket_files" | grep -qx "$file" && continue
        found=$(grep -m1 -E '#[[:space:]]*include[[:space:]]*[<"]boost/asio/(ip|local|ssl|[a-z_]*socket|[a-z_]*timer)' "$file")
        [ -z "$found" ] || complain "$file" "names sockets or timers" "$found"
    done
    sources lib codecs transports | while read -r file; do
        case $file in transports/src/tls_*.?pp) continue ;; esac
        found=$(grep -m1 -E '#[[:space:]]*include[[:space:]]*[<"]openssl/' "$file")
        [ -z "$found" ] || complain "$file" "knows OpenSSL" "$found"
    done
}

# Comments and literals are taken out first: they may speak of anything.
check_words()
{
    { sources lib codecs transports/wire; sources transports/include transports/src; } |
        grep -v -x 'transports/src/runtime.cpp' | while read -r file; do
        # The locks of the core: a namespace is named, and a parent is given handlers, on any thread.
        lock=
        [ "$file" = lib/include/cosio/detail/server_state.hpp ] &&
            lock='s/^#include <mutex>$//; s/std::mutex naming_;//'
        [ "$file" = lib/include/cosio/detail/parent_namespace.hpp ] &&
            lock='s/^#include <mutex>$//; s/mutable std::mutex growing_;//'
        found=$(sed -e "$lock" -e 's/"[^"]*"/""/g' -e 's|//.*||' "$file" | grep -n -m1 -E \
            '_clock::now *\(|Clock::now *\(|[a-z]::now *\( *\)|random_device|(^|[^a-z_])s?rand *\(|mt19937|std::j?thread|std::[a-z_]*mutex|#include <(thread|mutex|random|shared_mutex|condition_variable)>' |
            grep -v -E ': *(time_point|duration) [a-z_]+::now *\(')
        [ -z "$found" ] || complain "$file" "asks for time, entropy or threads itself" "$found"
    done
}

check() # root
{
    cd "$1" || exit 2
    faults=$(mktemp) || exit 2
    [ -n "$(pure_units)" ] || complain "$1" "has no sources"
    printf '%s\n%s\n' "$drivers" "$socket_files" | while read -r listed; do
        [ -f "$listed" ] || complain "$listed" "is listed here and does not exist"
    done
    check_asio
    check_includes
    check_words
    count=$(wc -l < "$faults")
    rm -f "$faults"
    [ "$count" -eq 0 ]
}

# A copy of the tree in which one file breaks one rule.
expect_fault() # root file line rule
{
    copy=$(mktemp -d) || exit 2
    cp -r "$1/lib" "$1/codecs" "$1/transports" "$copy/"
    printf '\n%s\n' "$3" >> "$copy/$2"
    # Only the broken file is of interest; nobody need read all others again.
    said=$( (
        cd "$copy" || exit 2
        faults=$(mktemp)
        unit=$2
        sources() { for folder in "$@"; do case $unit in "$folder"/*) echo "$unit" ;; esac; done; }
        pure_units() { case $unit in lib/src/*.cpp | codecs/src/*.cpp | transports/wire/*.cpp) echo "$unit" ;; esac; }
        check_asio
        check_includes
        check_words
        rm -f "$faults"
    ) )
    rm -rf "$copy"
    case $said in
    *"$2: $4"*) echo "found: $2: $4" ;;
    *)
        echo "NOT FOUND: $2: $4"
        failed=1
        ;;
    esac
}

self_test() # root
{
    failed=0
    expect_fault "$1" lib/src/engine/session.cpp '#include <boost/asio/post.hpp>' 'a pure unit depends on Asio'
    expect_fault "$1" lib/src/room_index.cpp '#include <cosio/shard.hpp>' 'a pure unit depends on Asio'
    expect_fault "$1" transports/wire/websocket.cpp '#include <cosio/task.hpp>' 'a pure unit depends on Asio'
    expect_fault "$1" transports/wire/http1.cpp '#include <boost/asio/io_context.hpp>' 'a pure unit depends on Asio'
    expect_fault "$1" codecs/src/json_decoder.cpp '#include <cosio/transport.hpp>' 'a pure unit depends on Asio'
    expect_fault "$1" lib/src/multiplexer.cpp '#include <cosio/transports/websocket.hpp>' 'lib knows no transport'
    expect_fault "$1" lib/include/cosio/server.hpp '#include <cosio/codecs/json.hpp>' 'lib knows no transport'
    expect_fault "$1" codecs/src/json_number.hpp '#include "wire/websocket.hpp"' 'codecs know no transport'
    expect_fault "$1" transports/src/listener.cpp '#include <cosio/json.hpp>' 'transports know no codec'
    expect_fault "$1" transports/src/http_server.cpp '#include <boost/asio/ip/tcp.hpp>' 'names sockets'
    expect_fault "$1" lib/src/shard.cpp '#include <boost/asio/steady_timer.hpp>' 'names sockets'
    expect_fault "$1" transports/include/cosio/transports/tls.hpp '#include <openssl/ssl.h>' 'knows OpenSSL'
    expect_fault "$1" lib/src/engine/peer.cpp 'auto t = std::chrono::steady_clock::now();' 'asks for time'
    expect_fault "$1" lib/src/ids.cpp 'std::random_device device;' 'asks for time'
    expect_fault "$1" codecs/src/json_encoder.cpp 'int r = std::rand();' 'asks for time'
    expect_fault "$1" transports/wire/masking.hpp 'inline std::mutex lock;' 'asks for time'
    expect_fault "$1" lib/include/cosio/shard.hpp 'inline std::thread worker;' 'asks for time'
    [ "$failed" -eq 0 ]
}

case ${1-} in
check) check "$2" ;;
self-test) self_test "$2" ;;
*)
    echo "usage: layering.sh check|self-test <root>" >&2
    exit 2
    ;;
esac
