// SPDX-License-Identifier: BSL-1.0
#include <cosio/detail/ascii.hpp>
#include <cosio/detail/url.hpp>
#include <cosio/engine/dialect.hpp>
#include <cosio/engine/handshake.hpp>
#include <cosio/engine/server.hpp>

#include <algorithm>

namespace cosio {

namespace engine {
namespace {

admission refuse(refusal_code code, unsigned status = 400)
{
    return {.what = admission::verdict::refuse, .why = {code, status}};
}

admission refuse(refusal_reason reason)
{
    return {.what = admission::verdict::refuse, .why = {refusal_code::bad_request, 400, reason}};
}

constexpr std::size_t max_id_bytes = 128;

/// It goes into a URL, a cookie and a JSON text.
bool is_legal_id(std::string_view id) noexcept
{
    return !id.empty() && id.size() <= max_id_bytes && std::ranges::all_of(id, [](char c) {
        return detail::is_printable(c) &&
               std::string_view{" \"\\,;"}.find(c) == std::string_view::npos;
    });
}

frame_ref message_of(const engine_options& options)
{
    if (const auto* const text = std::get_if<std::string>(&options.initial_packet))
        return make_text_frame('4' + *text);
    if (const auto* const bytes = std::get_if<binary>(&options.initial_packet))
        return bytes->share();
    return {};
}

/// What a query says, undecoded; the last of equal keys counts.
struct query_fields
{
    std::size_t keys = 0;
    std::string_view transport;
    std::string_view protocol;
    std::string_view sid;
};

query_fields read_query(std::string_view query) noexcept
{
    query_fields found;
    for (; const auto item = detail::take_query_item(query); ++found.keys) {
        if (detail::has_key(*item, "transport"))
            found.transport = item->value;
        else if (detail::has_key(*item, "EIO"))
            found.protocol = item->value;
        else if (detail::has_key(*item, "sid"))
            found.sid = item->value;
    }
    return found;
}

/// Characters that may not stand in a header value (HTTP-12).
bool is_legal_origin(std::string_view origin) noexcept
{
    return std::ranges::all_of(origin, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

/// A script tag does not say which page it stands on: where origins matter there is no JSONP.
bool hides_origin(const engine_options& options, const http_request& request)
{
    const bool matters = !options.allowed_origins.empty() || options.allow_origin;
    return matters && dialect_of(request.query(), options.allow_eio3).jsonp &&
           !request.headers.find("origin");
}

}  // namespace

server::server(
    shard& home,
    engine_options options,
    session_factory factory,
    std::shared_ptr<limit_counters> fired
)
    : home_{&home}, options_{std::move(options)}, factory_{std::move(factory)}
{
    peer_config_.fired = std::move(fired);
    validate(options_);
    if (!options_.path.ends_with('/'))
        options_.path += '/';
    first_message_ = message_of(options_);
    peer_config_.session = {
        .ping_interval = options_.ping_interval,
        .ping_timeout = options_.ping_timeout,
        .upgrade_timeout = options_.upgrade_timeout,
        .allow_upgrades = options_.allow_upgrades && options_.allow_websocket,
        .max_send_queue_bytes = options_.max_send_queue_bytes,
        .max_send_queue_packets = options_.max_send_queue_packets
    };
    peer_config_.max_running_handlers = options_.max_running_handlers;
    peer_config_.max_held_events = options_.max_held_events;
    peer_config_.count_traffic = options_.count_traffic;
    peer_config_.close_timeout = options_.close_timeout;
}

server::~server()
{
    cut_off();
}

void server::cut_off() noexcept
{
    *total_ -= sessions_.size();
    for (auto& [id, session] : std::exchange(sessions_, {}))
        session->detach();
}

void server::unite(std::span<server* const> parts)
{
    std::vector<server*> by_shard;
    for (server* const part : parts) {
        by_shard.resize(std::max<std::size_t>(by_shard.size(), part->home().index() + 1));
        by_shard[part->home().index()] = part;
    }
    for (server* const part : parts) {
        part->parts_ = by_shard;
        part->total_ = parts.front()->total_;
    }
}

engine_host* server::part_on(unsigned index) noexcept
{
    if (parts_.empty())
        return engine_host::part_on(index);
    return index < parts_.size() ? parts_[index] : nullptr;
}

shard& server::place_of(const http_request& request) noexcept
try {
    if (parts_.empty())
        return *home_;
    std::string scratch;
    const auto named =
        session_id::shard_of(detail::query_decode(read_query(request.query()).sid, scratch));
    engine_host* const part = named ? part_on(*named) : nullptr;
    return part ? part->home() : *home_;
} catch (const std::bad_alloc&) {
    return *home_;
}

admission server::admit(const http_request& request)
{
    const query_fields query = read_query(request.query());
    if (query.keys > options_.max_query_keys) {
        peer_config_.fired->count(limit::max_query_keys);
        return refuse(refusal_reason::too_many_query_keys);
    }
    std::string scratch;
    const std::string_view name = detail::query_decode(query.transport, scratch);
    const bool polling = name == "polling" && options_.allow_polling;
    const bool websocket = name == "websocket" && options_.allow_websocket;
    if (!polling && !websocket)
        return refuse(refusal_code::transport_unknown);
    const transport_kind asked = polling ? transport_kind::polling : transport_kind::websocket;
    if (!is_legal_origin(request.headers["origin"]))
        return refuse(refusal_reason::invalid_origin);
    if (!serves_origin(options_, request) || hides_origin(options_, request)) {
        admission refused = refuse(refusal_code::forbidden, 403);
        refused.why.reason = refusal_reason::origin_not_allowed;
        return refused;
    }
    std::string protocol_scratch;
    const bool is_v4 = detail::query_decode(query.protocol, protocol_scratch) == "4";
    std::optional<revision> protocol;  // nullopt: none that is spoken here
    if (is_v4 || options_.allow_eio3)
        protocol = is_v4 ? revision::v4 : revision::v3;
    if (!query.sid.empty())
        return admit_existing(request, detail::query_decode(query.sid, scratch), asked, protocol);
    if (request.method != "GET")
        return refuse(refusal_code::bad_handshake_method);
    if (request.wants_websocket() != websocket)
        return refuse(refusal_reason::transport_handshake_error);
    if (!protocol)
        return refuse(refusal_code::unsupported_protocol_version);
    const bool full = *total_ >= options_.max_sessions;
    if (full)
        peer_config_.fired->count(limit::max_sessions);
    if (closed_ || full)
        return refuse(refusal_code::forbidden, 503);
    return {.what = admission::verdict::open, .transport = asked};
}

admission server::admit_existing(
    const http_request& request,
    std::string_view sid,
    transport_kind asked,
    std::optional<revision> protocol
)
{
    const auto found = sessions_.find(sid);
    if (found == sessions_.end())
        return refuse(refusal_code::session_id_unknown);
    const peer_ptr& session = found->second;
    transport* const link = session->link();
    const bool polls = link && link->kind() == transport_kind::polling;
    if (!session->is_open() && !(polls && request.method == "GET"))
        return refuse(refusal_code::session_id_unknown);
    if (protocol != session->rules().protocol())
        return refuse(refusal_reason::protocol_mismatch);
    admission granted{.transport = asked, .peer = session};
    if (asked == transport_kind::websocket) {
        if (!request.wants_websocket() && polls)
            return refuse(refusal_reason::transport_mismatch);
        if (request.method != "GET" || !request.wants_websocket() || !options_.allow_upgrades)
            return refuse(refusal_reason::transport_handshake_error);
        granted.what = admission::verdict::upgrade;
        return granted;
    }
    if (!polls)
        return refuse(refusal_reason::transport_mismatch);
    if (request.wants_websocket())
        return refuse(refusal_reason::transport_handshake_error);
    if (request.method == "GET")
        granted.what = admission::verdict::poll;
    else if (request.method == "POST")
        granted.what = admission::verdict::post;
    else
        return refuse(refusal_code::bad_handshake_method, 405);
    return granted;
}

std::optional<session_id> server::name_session(std::string_view wanted)
{
    session_id id;
    if (!wanted.empty()) {
        if (!is_legal_id(wanted))
            return std::nullopt;
        id = parts_.empty() ? session_id::from_text(wanted)
                            : session_id::from_text(wanted, home_->index());
        if (sessions_.contains(id.view()))
            return std::nullopt;
        return id;
    }
    do {
        id = parts_.empty() ? session_id::make(home_->random())
                            : session_id::make(home_->random(), home_->index());
    } while (sessions_.contains(id.view()));
    return id;
}

peer_ptr server::open(const http_request& request, std::unique_ptr<transport> link, session_id id)
{
    if (closed_)
        return nullptr;
    if (id.empty())
        id = *name_session({});
    peer_ptr session{new peer{*home_, peer_config_, role::server, std::move(id), this}};
    const dialect spoken = dialect_of(request.query(), options_.allow_eio3);
    session->speak(spoken);
    try {
        session->set_handler(factory_(*session, request));
    } catch (...) {
        on_handler_threw(*session, std::current_exception());
        return nullptr;
    }
    open_data data;
    data.sid = session->id().str();
    data.upgrades_to_websocket =
        link->kind() == transport_kind::polling && peer_config_.session.allow_upgrades;
    data.ping_interval_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.ping_interval).count();
    data.ping_timeout_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.ping_timeout).count();
    data.max_payload = spoken.is_legacy() ? 0 : options_.max_payload_bytes;
    frame_ref open_packet = encode_open(data);
    sessions_.emplace(session->id().view(), session);
    ++*total_;
    try {
        session->start(std::move(link), std::move(open_packet));
    } catch (...) {
        on_peer_gone(*session);
        throw;
    }
    if (first_message_)
        static_cast<void>(session->send(first_message_));
    session->announce(request);
    return session;
}

void server::close(close_reason reason)
{
    refuse_new();
    for (const peer_ptr& session : sessions())
        session->close(reason);
}

std::vector<peer_ptr> server::sessions() const
{
    std::vector<peer_ptr> open;
    open.reserve(sessions_.size());
    for (const auto& [id, session] : sessions_)
        open.push_back(session);
    return open;
}

void server::when_empty(std::function<void()> told)
{
    when_empty_ = std::move(told);
    if (when_empty_ && sessions_.empty())
        std::exchange(when_empty_, nullptr)();
}

void server::on_handler_threw(peer&, std::exception_ptr what) noexcept
{
    try {
        std::rethrow_exception(std::move(what));
    } catch (const std::exception& error) {
        options_.log(log_level::error, "a session's handler threw: {}", error.what());
    } catch (...) {
        options_.log(log_level::error, "a session's handler threw");
    }
}

void server::on_peer_gone(peer& gone) noexcept
{
    *total_ -= sessions_.erase(gone.id().view());
    if (sessions_.empty() && when_empty_)
        home_->post([told = std::exchange(when_empty_, nullptr)] { told(); });
}

}  // namespace engine
}  // namespace cosio
