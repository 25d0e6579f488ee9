// SPDX-License-Identifier: BSL-1.0
// Packets of a session over long-polling, each request on a connection that stays open.

export const separator = "\x1e";

export class polling_session {
    #packets = [];
    #posting = Promise.resolve();
    answers_pings = true;
    /// How the server ended it, as soon as it did.
    end = undefined;

    constructor(t, sid) {
        this.t = t;
        this.sid = sid;
        this.target = t.target({ EIO: "4", transport: "polling", sid });
        this.reader = t.link();
        this.writer = t.link();
    }

    /// A GET whose answer nobody waits for yet; returns when the server has it.
    async start_poll() {
        const link = this.t.link();
        await link.request(this.target);
        await this.t.round_trip();
        return link;
    }

    /// The answer of a GET. The connection is a new one where the server has closed the last.
    async poll() {
        this.reader = this.#usable(this.reader);
        await this.reader.request(this.target);
        return this.reader.response();
    }

    #usable(link) {
        return link.closing || link.over ? this.t.link() : link;
    }

    /// The answer of a POST, which waits for the one before it.
    post(body, headers = { "Content-Type": "text/plain;charset=UTF-8" }) {
        const answer = this.#posting.then(() => this.#post(body, headers));
        this.#posting = answer.catch(() => {});
        return answer;
    }

    async #post(body, headers) {
        this.writer = this.#usable(this.writer);
        await this.writer.request(this.target, { method: "POST", body, headers });
        return this.writer.response();
    }

    /// Sends all in one POST: strings as they are, buffers as Base64.
    send(...packets) {
        const as_text = (packet) =>
            typeof packet === "string" ? packet : `b${packet.toString("base64")}`;
        return this.post(packets.map(as_text).join(separator));
    }

    async #read() {
        const reply = await this.poll();
        if (reply?.status !== 200) {
            this.end = reply ? `${reply.status} ${reply.body}` : "no answer";
            return;
        }
        for (const packet of reply.body.toString("utf8").split(separator)) {
            if (packet === "2" && this.answers_pings) {
                await this.post("3");
            } else {
                this.#packets.push(this.t.show_packet(packet));
            }
            if (packet === "1") {
                this.end = "packet 1";
            }
        }
    }

    async #read_until(condition) {
        while (!condition() && this.end === undefined && !this.t.over) {
            await this.#read();
        }
    }

    /// Up to `count` packets; fewer if the session ends.
    async take(count) {
        await this.#read_until(() => this.#packets.length >= count);
        return this.#packets.splice(0, count);
    }

    /// Packets up to and with the first for which `last` holds, or up to the end.
    async take_until(last) {
        await this.#read_until(() => this.#packets.some(last));
        const at = this.#packets.findIndex(last);
        return this.#packets.splice(0, at < 0 ? this.#packets.length : at + 1);
    }

    /// Notes what comes until fences are answered, and whether they are.
    fate(name, fence) {
        return this.t.note_fate(name, this, fence);
    }
}
