// SPDX-License-Identifier: BSL-1.0
// Whether an attack has shown what it is for: that it was felt, and that the well-behaved hardly felt it.

/// The limit that an attack runs into; without one it must have opened as many connections as it wanted.
export const limit_of = {
    silent: "header_timeout",
    "slow headers": "header_timeout",
    "slow bodies": "min_body_bytes_per_second",
    unjoined: "keep_alive_timeout",
    deaf: "max_send_queue",
    bombs: "max_payload_bytes",
};

/// What a row of a server of ours is wanting in, a line each. `bounds`: of the well-behaved's p99 while it is attacked.
export function faults_of(row, size, bounds) {
    const faults = [];
    const limit = limit_of[row.attack];
    if (limit && !row.limits?.[limit]) {
        faults.push(`the attack has not reached ${limit}`);
    } else if (!limit && row.connections.opened < Math.min(size, 10)) {
        faults.push(`the attack has opened ${row.connections.opened} connections`);
    }
    for (const what of ["echo", "connect"]) {
        const ms = row.during[what].p99 / 1000;
        if (!(ms <= bounds[what])) {
            faults.push(`the p99 of ${what} is ${Math.round(ms)} ms, and may be ${bounds[what]} ms`);
        }
    }
    const left = row.descriptors.after - row.descriptors.before;
    if (left > 5) {
        faults.push(`${left} descriptors are left`);
    }
    return faults;
}
