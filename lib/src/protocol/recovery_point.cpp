// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/mutant.hpp>
#include <cosio/protocol/recovery_point.hpp>

namespace cosio::protocol {

bool recovery_point::handle_connect(std::optional<std::string_view> pid)
{
    if (pid && (pid->empty() || pid->size() > max_text_bytes))
        pid.reset();
    const bool recovered = pid && pid_ == *pid;
    if (!recovered) {
        pid_ = pid;
        offset_.reset();
    }
    return recovered;
}

void recovery_point::handle_event(std::optional<std::string_view> last_argument, bool wants_answer)
{
    if (pid_ && last_argument && (!wants_answer || COSIO_MUTANT(any_text_is_an_offset)) &&
        last_argument->size() <= max_text_bytes)
        offset_ = *last_argument;
}

}  // namespace cosio::protocol
