// SPDX-License-Identifier: BSL-1.0
#include "relay.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <deque>

namespace cosio::test {

using asio::ip::tcp;

struct relay::state : std::enable_shared_from_this<state>
{
    state(real_world& world, const relay_options& how)
        : on{&world},
          options{how},
          door{world.world.context(), {asio::ip::address_v4::loopback(), 0}}
    {}

    void accept();

    real_world* on;
    relay_options options;
    tcp::acceptor door;
    std::vector<std::shared_ptr<link>> links;
    std::mt19937 random{3};
    bool stalled = false;
    std::size_t cuts = 0;
};

/// Finds where the records of TLS end.
class record_ends
{
public:
    /// True if one ends with this byte.
    [[nodiscard]] bool at(char byte)
    {
        if (left_ != 0)
            return --left_ == 0;
        header_.push_back(byte);
        if (header_.size() < header_size)
            return false;
        const auto size_byte = [&](std::size_t i) {
            return std::size_t{static_cast<unsigned char>(header_[i])};
        };
        left_ = size_byte(3) << 8 | size_byte(4);
        header_.clear();
        return left_ == 0;
    }

private:
    static constexpr std::size_t header_size = 5;  // type, version, size

    string header_;
    std::size_t left_ = 0;
};

/// What goes one way through one connection.
struct relay::direction final : timer_node
{
    direction(link& owner, tcp::socket& from, tcp::socket& to, const passage& how)
        : of{&owner}, in{&from}, out{&to}, way{&how}, cut_at{how.cut_at}
    {}

    /// Some bytes and when they arrive; none: the end.
    struct part
    {
        time_point due;
        string bytes;
    };

    void read();
    void take(string bytes);
    void go_on();
    void look_for_the_last_record(std::string_view bytes);
    void pass(string bytes);
    void wait_for(unsigned answers);
    void cut();
    void finish();

    void on_deadline(time_point) override { go_on(); }

    link* of;
    tcp::socket* in;
    tcp::socket* out;
    const passage* way;
    std::size_t cut_at;
    record_ends records;
    std::size_t whole_records = 0;
    std::array<char, 16 * 1024> block{};
    std::deque<part> under_way;
    time_point last_due{};
    time_point line_is_free{};
    std::size_t taken = 0;
    std::size_t passed = 0;
    bool reading = false;
    bool writing = false;
    bool ended = false;
};

/// A client's connection, and the one to the server that goes with it.
struct relay::link final : std::enable_shared_from_this<link>
{
    link(std::shared_ptr<state> relay, tcp::socket from)
        : of{std::move(relay)}, client{std::move(from)}, server{client.get_executor()}
    {
        server.connect({asio::ip::address_v4::loopback(), of->on->port()});
        for (tcp::socket* one : {&client, &server})
            one->set_option(tcp::no_delay{true});
    }

    void go_on()
    {
        for (direction* one : {&up, &down}) {
            one->go_on();
            one->read();
        }
    }

    void end(fault by)
    {
        error_code ignored;
        for (tcp::socket* one : {&client, &server}) {
            if (by == fault::reset)
                one->set_option(asio::socket_base::linger{true, 0}, ignored);
            one->close(ignored);
        }
        for (direction* one : {&up, &down})
            of->on->time.disarm(*one);
    }

    std::shared_ptr<state> of;
    tcp::socket client;
    tcp::socket server;
    direction up{*this, client, server, of->options.to_server};
    direction down{*this, server, client, of->options.to_client};
    bool may_be_cut = !of->options.cuts_upgrades_alone;
    bool silent = false;  ///< nothing passes any more
};

void relay::state::accept()
{
    door.async_accept([this, alive = shared_from_this()](const error_code& ec, tcp::socket from) {
        if (ec)
            return;
        links.push_back(std::make_shared<link>(alive, std::move(from)));
        links.back()->go_on();
        accept();
    });
}

void relay::direction::read()
{
    if (reading || ended || of->of->stalled || of->silent || !in->is_open())
        return;
    reading = true;
    const auto have_read = [this, alive = of->shared_from_this()](error_code ec, std::size_t size) {
        reading = false;
        ended = ec == asio::error::eof;
        if (ec && !ended)
            return of->end(fault::reset);
        take(string{block.data(), size});
        read();
    };
    in->async_read_some(asio::buffer(block), have_read);
}

void relay::direction::take(string bytes)
{
    const relay_options& options = of->of->options;
    const time_point now = of->of->on->time.now();
    time_point arrival = now + options.delay;
    if (options.jitter > duration{})
        arrival += options.jitter * (of->of->random() % 1'000) / 1'000;
    if (const std::size_t rate = options.bytes_per_second; rate != 0) {
        line_is_free = std::max(line_is_free, now) + duration{1s} * bytes.size() / rate;
        arrival += line_is_free - now;
    }
    last_due = std::max(last_due, arrival);
    look_for_the_last_record(bytes);
    of->may_be_cut = of->may_be_cut || bytes.find("\r\nUpgrade: ") != string::npos;
    under_way.push_back({last_due, std::move(bytes)});
    go_on();
}

void relay::direction::look_for_the_last_record(std::string_view bytes)
{
    for (std::size_t i = 0; i < bytes.size() && cut_at == passage::all; ++i)
        if (records.at(bytes[i]) && ++whole_records == way->cut_after_records)
            cut_at = taken + i + 1;
    taken += bytes.size();
}

void relay::direction::go_on()
{
    if (writing || of->of->stalled || of->silent || !out->is_open() || under_way.empty())
        return;
    part& next = under_way.front();
    time_source& time = of->of->on->time;
    if (next.due > time.now())
        return time.arm(*this, next.due);
    if (next.bytes.empty())
        return finish();
    std::size_t size = passed < way->first ? way->first - passed : way->most;
    size = std::min(size, next.bytes.size());
    if (of->may_be_cut)
        size = std::min(size, cut_at - passed);
    string bytes = next.bytes.substr(0, size);
    next.bytes.erase(0, size);
    if (next.bytes.empty())
        under_way.pop_front();
    pass(std::move(bytes));
}

void relay::direction::pass(string bytes)
{
    writing = true;
    const auto kept = std::make_shared<string>(std::move(bytes));
    const auto alive = of->shared_from_this();
    const auto written = [this, kept, alive](error_code ec, std::size_t size) {
        passed += size;
        if (ec)
            return of->end(fault::reset);
        const bool whole = way->first == 0 && way->most == passage::all;
        const bool last = of->may_be_cut && passed == cut_at;
        // Whoever is to read it has done so when the well-behaved client has two more answers.
        wait_for(whole && !last ? 0 : of->of->on->answers() + 2);
    };
    asio::async_write(*out, asio::buffer(*kept), written);
}

void relay::direction::wait_for(unsigned answers)
{
    if (!out->is_open())
        return;
    if (of->of->on->answers() < answers) {
        const auto again = [this, answers, alive = of->shared_from_this()] { wait_for(answers); };
        return asio::post(in->get_executor(), again);
    }
    if (of->may_be_cut && passed == cut_at)
        return cut();
    writing = false;
    go_on();
}

void relay::direction::cut()
{
    ++of->of->cuts;
    switch (of->of->options.cut_by) {
    case fault::reset:
    case fault::fin: return of->end(of->of->options.cut_by);
    case fault::silence: of->silent = true; return;
    case fault::half_close: return finish();  // the other way goes on
    }
}

void relay::direction::finish()
{
    under_way.clear();
    error_code ignored;
    out->shutdown(tcp::socket::shutdown_send, ignored);
    writing = true;  // for ever
    if (of->up.ended && of->down.ended && of->up.under_way.empty() && of->down.under_way.empty())
        of->end(fault::fin);
}

relay::relay(real_world& on, const relay_options& options)
    : state_{std::make_shared<state>(on, options)}
{
    on.settling = 8;  // one connection more that is made, read and written
    state_->accept();
}

relay::~relay()
{
    state_->on->settling = 2;
    error_code ignored;
    state_->door.close(ignored);
    for (const auto& one : std::exchange(state_->links, {}))
        one->end(fault::fin);
}

std::uint16_t relay::port() const
{
    return state_->door.local_endpoint().port();
}

string relay::url() const
{
    const string direct = state_->on->url();
    return fmt::format("{}:{}", direct.substr(0, direct.rfind(':')), port());
}

void relay::stall()
{
    state_->stalled = true;
}

void relay::resume()
{
    state_->stalled = false;
    for (const auto& one : state_->links)
        one->go_on();
}

std::size_t relay::to_server() const
{
    std::size_t most = 0;
    for (const auto& one : state_->links)
        most = std::max(most, one->may_be_cut ? one->up.passed : 0);
    return most;
}

std::size_t relay::to_client() const
{
    std::size_t most = 0;
    for (const auto& one : state_->links)
        most = std::max(most, one->may_be_cut ? one->down.passed : 0);
    return most;
}

std::size_t relay::cuts() const
{
    return state_->cuts;
}

}  // namespace cosio::test
