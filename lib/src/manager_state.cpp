// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/client_configs.hpp>
#include <cosio/detail/manager_state.hpp>
#include <cosio/detail/report.hpp>
#include <cosio/engine/handshake.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include <utility>

namespace cosio::detail {
namespace {

/// One line for people.
std::string text_of(const link_failure& failure)
{
    return failure.text.empty() ? failure.why.message() : failure.text;
}

link_failure no_memory()
{
    return {.why = make_error_code(boost::system::errc::not_enough_memory)};
}

/// What is thrown for want of memory is told, and costs no more than this step.
template <class Step>
bool guarded(const multiplexer_limits& told, Step&& step) noexcept
{
    try {
        step();
        return true;
    } catch (...) {
        report_exception("", "manager", told, std::current_exception());
        return false;
    }
}

}  // namespace

manager_state::manager_state(
    shard& home,
    std::unique_ptr<connector> network,
    client_options options,
    const codec_functions& codec
)
    : home_{&home},
      options_{(validate(options), std::move(options))},
      network_{std::move(network)},
      limits_{new multiplexer_limits{codec}},
      reconnect_config_{reconnect_config_of(options_)},
      choice_config_{transport_choice_config_of(options_)},
      outgoing_config_{std::make_shared<client_outgoing_config>(client_outgoing_config{
          .rules = outgoing_config_of(options_),
          .burst_bytes = options_.max_send_queue_bytes / 2,
          .burst_packets = options_.max_send_queue_packets / 2
      })},
      decoder_{codec.make_decoder(options_.packet)},
      rules_{reconnect_config_, home.random()},
      choice_{choice_config_}
{
    limits_->packet = options_.packet;
    limits_->connection.attachment_timeout = options_.attachment_timeout;
    limits_->ack_timeout = options_.ack_timeout;
    limits_->max_pending_acks = options_.max_pending_acks;
    limits_->handlers_at_once = options_.handlers_at_once;
    limits_->overflow = options_.overflow;
    limits_->on_handler_error = options_.on_handler_error;
    limits_->log = options_.log;
    // Until the server announces its heartbeat, the watchdog waits for the handshake.
    peer_config_.session.ping_interval = options_.handshake_timeout;
    peer_config_.session.ping_timeout = duration::zero();
    peer_config_.session.upgrade_timeout = options_.upgrade_timeout;
    peer_config_.session.allow_upgrades = options_.upgrade;
    peer_config_.session.max_send_queue_bytes = options_.max_send_queue_bytes;
    peer_config_.session.max_send_queue_packets = options_.max_send_queue_packets;
    peer_config_.close_timeout = options_.close_timeout;
    peer_config_.fired = limits_->fired;
}

manager_state::~manager_state() = default;

void manager_state::shut() noexcept
{
    shut_ = true;
    home_->time().disarm(*this);
    limits_->mute();
    dialing_.reset();
    drop_peer();
    for (const engine::peer_ptr& one : std::exchange(ending_, {}))
        one->detach();  // it looks at the options until its goodbye is written
    for (const auto& [name, socket] : std::exchange(sockets_, {}))
        socket->abandon();
    handlers = {};
    // A handler that destroys the manager still looks at its packet, and at this.
    home_->post([self = shared_from_this()] {});
}

void manager_state::on_handler_threw(engine::peer&, std::exception_ptr what) noexcept
{
    report_exception("", "manager", *limits_, what);
}

void manager_state::on_peer_gone(engine::peer& gone) noexcept
{
    std::erase_if(ending_, [&](const engine::peer_ptr& one) { return one.get() == &gone; });
}

void manager_state::drop_peer() noexcept
{
    probing_.reset();
    home_->time().disarm(upgrade_clock_);
    engine_open_ = false;
    if (client_multiplexer* const left = std::exchange(multiplexer_, nullptr))
        left->forget_owner();
    if (const engine::peer_ptr dropped = std::exchange(peer_, nullptr))
        dropped->detach();
}

socket_ptr manager_state::socket(std::string_view nsp, boost::json::value auth)
{
    std::string name{nsp};
    if (!name.starts_with('/'))
        name.insert(name.begin(), '/');
    const auto known = sockets_.find(name);
    if (known != sockets_.end())
        return known->second;
    const socket_ptr made{new socket_state{*home_, *limits_, name, nullptr}};
    made->shake = handshake{connection_request_ptr{new connection_request}, std::move(auth)};
    made->client().out = std::make_unique<client_outgoing>(*made, outgoing_config_);
    made->client().out->on_max_payload(max_payload_, link_kind());
    made->client().manager = weak_from_this();
    sockets_.emplace(std::move(name), made);
    join(made);
    return made;
}

void manager_state::connect(const socket_ptr& socket)
{
    if (!home_->is_current()) {
        home_->post([self = shared_from_this(), socket] {
            guarded(*self->limits_, [&] { self->connect(socket); });
        });
        return;
    }
    if (shut_)
        return;
    socket->client().active = true;
    join(socket);
    open();
}

void manager_state::run(void (manager_state::*what)())
{
    if (home_->is_current())
        (this->*what)();
    else
        home_->post([self = shared_from_this(), what] {
            guarded(*self->limits_, [&] { ((*self).*what)(); });
        });
}

void manager_state::open()
{
    perform(rules_.open(home_->now()));
}

void manager_state::close()
{
    perform(rules_.close());
    for (const auto& [name, socket] : sockets_)
        socket->interrupt_streams();
}

void manager_state::set_transports(std::vector<engine::transport_kind> transports)
{
    client_options changed = options_;
    changed.transports = std::move(transports);
    validate(changed);
    options_.transports = changed.transports;
    choice_config_ = transport_choice_config_of(options_);
}

void manager_state::on_deadline(time_point now)
{
    perform(rules_.handle_deadline(now));
}

void manager_state::rearm()
{
    if (shut_)
        return;
    if (const auto next = rules_.deadline())
        home_->time().arm(*this, *next);
    else
        home_->time().disarm(*this);
}

void manager_state::perform(const protocol::reconnect_actions& list)
{
    const auto keep = shared_from_this();
    for (const protocol::reconnect_action& item : list)
        if (!shut_)
            std::visit([this](const auto& what) { perform(what); }, item);
    rearm();
}

void manager_state::perform(const protocol::dial& what)
{
    if (!rules_.is_current(what.link))
        return;  // a handler has thought better of it
    link_ = what.link;
    error_code why;
    try {
        const result<engine::transport_kind> kind = choice_.begin();
        if (kind)
            dial(what.link, *kind);
        else
            why = kind.error();
    } catch (const std::bad_alloc&) {
        why = no_memory().why;
    }
    if (why)
        perform(rules_.handle_failure(what.link, why, home_->now()));
}

void manager_state::dial(protocol::link_number link, engine::transport_kind kind)
{
    link_request request;
    request.kind = kind;
    dialing_ =
        network_->connect(request, [weak = weak_from_this(), link](connector::outcome outcome) {
            if (const auto self = weak.lock(); self && !self->shut_)
                self->on_link(link, std::move(outcome));
        });
}

void manager_state::on_link(protocol::link_number link, connector::outcome outcome)
{
    const std::unique_ptr<attempt> done = std::move(dialing_);
    if (!rules_.is_current(link))
        return;
    if (!outcome) {
        fail(link, std::move(outcome).error());
        return;
    }
    try {
        begin(link, std::move(*outcome));
    } catch (const std::bad_alloc&) {
        drop_peer();
        fail(link, no_memory());
    }
}

void manager_state::begin(protocol::link_number link, std::unique_ptr<transport> made)
{
    link_ = link;
    ending_.reserve(ending_.size() + 1);  // its end needs no memory
    peer_ = new engine::peer{*home_, peer_config_, engine::role::client, session_id{}, this};
    client_owner& self = *this;
    auto handler =
        std::make_unique<client_multiplexer>(*peer_, self, *decoder_, *limits_, options_);
    multiplexer_ = handler.get();
    peer_->set_handler(std::move(handler));
    engine::dialect spoken;
    spoken.supports_binary = !detail::forces_base64(made->kind(), options_);
    peer_->speak(spoken);
    peer_->start(std::move(made), {});
}

/// There is no session: another transport may do, else the rules say what happens.
void manager_state::fail(protocol::link_number link, link_failure failure)
{
    const result<engine::transport_kind> next = choice_.handle_failure(failure.why);
    if (next) {
        try {
            dial(link, *next);
            return;
        } catch (const std::bad_alloc&) {
            failure = no_memory();
        }
    }
    guarded(*limits_, [&] { failure_text_ = text_of(failure); });
    if (failure.retry_after)
        rules_.handle_retry_after(*failure.retry_after);
    perform(rules_.handle_failure(link, failure.why, home_->now()));
}

void manager_state::on_engine_open(std::string_view json)
{
    const auto data = engine::parse_open(json);
    if (!data) {
        peer_->close(close_reason::parse_error);
        return;
    }
    peer_->set_heartbeat(
        std::chrono::milliseconds{data->ping_interval_ms},
        std::chrono::milliseconds{data->ping_timeout_ms}
    );
    engine_open_ = true;
    max_payload_ = data->max_payload;
    tell_max_payload();
    const protocol::link_number link = link_;
    perform(rules_.handle_open(link, home_->now()));
    if (link_ != link || !engine_open_)
        return;
    if (const auto upgrade = choice_.handle_open(*data))
        probe(*upgrade, data->sid);
}

void manager_state::probe(engine::transport_kind kind, std::string sid)
{
    link_request request;
    request.kind = kind;
    request.sid = std::move(sid);
    home_->time().arm(upgrade_clock_, home_->now() + options_.upgrade_timeout);
    probing_ = network_->connect(request, [weak = weak_from_this(), link = link_](auto outcome) {
        if (const auto self = weak.lock(); self && !self->shut_)
            self->on_candidate(link, std::move(outcome));
    });
}

void manager_state::on_candidate(protocol::link_number link, connector::outcome outcome)
{
    home_->time().disarm(upgrade_clock_);
    const std::unique_ptr<attempt> done = std::move(probing_);
    if (link_ != link || !engine_open_)
        return;
    if (outcome) {
        const bool supports_binary = !detail::forces_base64((*outcome)->kind(), options_);
        peer_->offer(std::move(*outcome), supports_binary);
    } else {
        fail_upgrade(text_of(outcome.error()));
    }
}

void manager_state::upgrade_clock::on_deadline(time_point)
{
    const std::unique_ptr<attempt> given_up = std::move(of_->probing_);
    of_->fail_upgrade("timeout");
}

/// `cause` may be empty.
void manager_state::fail_upgrade(std::string_view cause)
{
    const auto keep = shared_from_this();
    const error_code why = choice_.handle_upgrade_error();
    guarded(*limits_, [&] {
        const std::string text =
            cause.empty() ? why.message() : fmt::format("{}: {}", why.message(), cause);
        tell(handlers.upgrade_error, why, std::string_view{text});
    });
}

void manager_state::on_link_upgraded()
{
    choice_.handle_upgrade();
    tell_max_payload();
}

engine::transport_kind manager_state::link_kind() const noexcept
{
    return peer_ ? peer_->rules().link() : engine::transport_kind::polling;
}

void manager_state::tell_max_payload()
{
    for (const auto& [name, socket] : sockets_)
        socket->client().out->on_max_payload(max_payload_, link_kind());
}

void manager_state::on_link_not_upgraded(error_code why)
{
    if (why == engine::errc::probe_error)
        fail_upgrade({});
    else if (why == errc::timeout)
        fail_upgrade("timeout");
    else if (why == engine::errc::connection_closed || why == engine::errc::connection_reset)
        fail_upgrade("transport closed");
    else
        fail_upgrade(why.message());
}

void manager_state::on_ended(close_reason reason, error_code why) noexcept
{
    multiplexer_ = nullptr;
    probing_.reset();
    home_->time().disarm(upgrade_clock_);
    const protocol::link_number link = link_;
    ending_.push_back(std::exchange(peer_, nullptr));
    const bool was_open = std::exchange(engine_open_, false);
    if (choice_.is_probing())
        fail_upgrade("socket closed");
    if (was_open)
        perform(rules_.handle_close(link, reason, home_->now()));
    else if (rules_.is_current(link))
        fail(link, {.why = why ? why : error_code{engine::errc::connection_closed}});
}

void manager_state::perform(const protocol::hang_up& what)
{
    if (what.link != link_)
        return;
    dialing_.reset();
    probing_.reset();
    const engine::peer_ptr ending = peer_;
    if (!ending)
        return;
    if (engine_open_)
        ending->close(close_reason::io_client_disconnect);  // and so on_ended()
    else
        drop_peer();
}

void manager_state::perform(const protocol::connected&)
{
    tell(handlers.open);
    // A CONNECT can be one packet too many: then everything ends under this loop.
    const auto sockets = sockets_;
    for (const auto& [name, socket] : sockets)
        join(socket);
}

void manager_state::join(const socket_ptr& socket)
{
    if (!engine_open_ || !multiplexer_ || !socket->client().active || socket->owner())
        return;
    if (!socket->client().auth) {
        join_with(socket, socket->shake.auth());
        return;
    }
    asio::co_spawn(home_->executor(), ask_auth(shared_from_this(), socket), asio::detached);
}

void manager_state::on_namespace_free(const std::string& nsp, bool entered)
{
    const auto known = sockets_.find(nsp);
    if (known == sockets_.end())
        return;
    if (entered)
        known->second->client().point.forget();
    join(known->second);
}

task<> manager_state::ask_auth(std::shared_ptr<manager_state> self, socket_ptr socket)
{
    const protocol::link_number link = self->link_;
    boost::json::value auth;
    std::string failed;
    std::function<task<boost::json::value>()> provider;
    try {
        provider = socket->client().auth;  // it may be replaced while it is asked
        auto asking = provider();
        auth = co_await std::move(asking);
    } catch (const std::exception& error) {
        failed = error.what();
    } catch (...) {
        failed = "the auth provider threw";
    }
    if (self->shut_ || self->link_ != link)
        co_return;
    const bool joins = guarded(*self->limits_, [&] {
        if (failed.empty())
            self->join_with(socket, auth);
        else
            socket->run_connect_error_handlers(failed, nullptr);
    });
    // Nobody would ask again on this connection.
    if (const engine::peer_ptr peer = joins ? nullptr : self->peer_)
        peer->close(close_reason::forced_close);
}

void manager_state::join_with(const socket_ptr& socket, const boost::json::value& auth)
{
    if (!engine_open_ || !multiplexer_ || !socket->client().active || socket->owner())
        return;
    if (auth.is_null() || auth.is_object())
        multiplexer_->connect(socket, auth);
    else
        socket->run_connect_error_handlers("auth is no object", nullptr);
}

void manager_state::perform(const protocol::connect_failed& what)
{
    guarded(*limits_, [&] {
        std::string message = std::exchange(failure_text_, {});
        if (message.empty())  // as Node's client
            message = what.why == errc::timeout ? "timeout" : what.why.message();
        tell(handlers.error, what.why, std::string_view{message});
        const auto sockets = sockets_;
        for (const auto& [name, socket] : sockets)
            if (socket->client().active)
                socket->run_connect_error_handlers(message, nullptr);
    });
}

void manager_state::perform(const protocol::disconnected& what)
{
    tell(handlers.close, what.reason);
}

void manager_state::perform(const protocol::reconnect_attempt& what)
{
    tell(handlers.reconnect_attempt, what.number);
}

void manager_state::perform(const protocol::reconnect_error& what)
{
    tell(handlers.reconnect_error, what.why);
}

void manager_state::perform(const protocol::reconnect_failed&)
{
    for (const auto& [name, socket] : sockets_)
        socket->interrupt_streams();
    tell(handlers.reconnect_failed);
}

void manager_state::perform(const protocol::reconnected& what)
{
    tell(handlers.reconnect, what.number);
}

template <class Handlers, class... Args>
void manager_state::tell(const Handlers& whom, const Args&... args)
{
    guarded(*limits_, [&] {
        const Handlers told = whom;  // a handler may add one
        for (const auto& handler : told)
            if (!shut_)
                guarded(*limits_, [&] { handler(args...); });
    });
}

}  // namespace cosio::detail
