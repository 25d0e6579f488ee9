// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

namespace cosio::test {

/// What the system calls of the library do here, and how often they were made. The library calls these, and the test's own
/// clients call recv() too.
struct system_calls
{
    int accepts = 0;
    int sends = 0;           ///< on the connection that was accepted last
    int sends_in_vain = 0;   ///< of these: what found no room, as the one before had not
    bool found_room = true;  ///< the last of these
    int last_accepted = -1;
    int send_buffer = 0;         ///< of connections that are accepted from now on; 0: the system's
    int accept_fails_with = 0;   ///< the next accept()
    int send_fails_with = 0;     ///< the next sendmsg() on the connection that was accepted last
    int recv_fails_with = 0;     ///< the next recv() on it
    int connect_fails_with = 0;  ///< each connect()
    int connects = 0;
    int receives = 0;  ///< on the connection that was accepted last
    bool no_descriptors = false;
    bool no_entropy = false;   ///< getrandom() fails
    int entropy_at_once = 0;   ///< bytes that getrandom() gives; 0: all that it is asked for
    bool interrupted = false;  ///< every other call is interrupted by a signal
    int interruptions = 0;     ///< calls that were
};

[[nodiscard]] system_calls& calls();

/// As long as it lives accept() and socket() find no descriptor. Not by setrlimit(): the sanitizers need some of their own.
class no_more_descriptors
{
public:
    no_more_descriptors() { calls().no_descriptors = true; }

    no_more_descriptors(const no_more_descriptors&) = delete;
    no_more_descriptors& operator=(const no_more_descriptors&) = delete;

    ~no_more_descriptors() { calls().no_descriptors = false; }
};

}  // namespace cosio::test
