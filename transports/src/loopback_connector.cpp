// SPDX-License-Identifier: BSL-1.0
#include <cosio/transports/loopback.hpp>

namespace cosio {
namespace {

class loopback_connector final : public connector
{
public:
    loopback_connector(shard& home, engine_host& host, const loopback_options& options)
        : home_{&home}, host_{&host}, options_{options}
    {}

    std::unique_ptr<attempt> connect(const link_request& what, connected done) override
    {
        auto begun = std::make_unique<opening>(std::move(done));
        home_->post([this, state = begun->state, takes_over = !what.sid.empty()] {
            if (const connected told = std::exchange(state->done, nullptr))
                told(takes_over ? no_link() : open());
        });
        return begun;
    }

private:
    struct pending
    {
        connected done;
    };

    struct opening final : attempt
    {
        explicit opening(connected done) : state{std::make_shared<pending>(std::move(done))} {}

        ~opening() override { state->done = nullptr; }

        std::shared_ptr<pending> state;
    };

    static outcome no_link() { return link_failure{.why = engine::errc::no_transports}; }

    outcome open()
    {
        auto [server_end, client_end] = make_loopback_pair(host_->home(), *home_, options_);
        http_request request;
        request.method = "GET";
        request.target = host_->options().path + "?EIO=4&transport=loopback";
        request.remote_address = "loopback";
        if (!host_->open(request, std::move(server_end)))
            return link_failure{
                .why = engine::errc::connection_closed, .text = "the server admits no one"
            };
        return std::move(client_end);
    }

    shard* home_;
    engine_host* host_;
    loopback_options options_;
};

}  // namespace

std::unique_ptr<connector> make_loopback_connector(
    shard& home, engine_host& host, const loopback_options& options
)
{
    return std::make_unique<loopback_connector>(home, host, options);
}

}  // namespace cosio
