// SPDX-License-Identifier: BSL-1.0
// Whether a series of samples grows.

const median = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/// The median of the slopes between all pairs (Theil and Sen), in units per second: a few wild samples do not move it.
export function slope(samples) {
    const step = Math.max(1, Math.floor(samples.length / 200));
    const some = samples.filter((_, index) => index % step === 0);
    const slopes = [];
    some.forEach((from, index) =>
        some.slice(index + 1).forEach((to) => slopes.push((to.value - from.value) / (to.at - from.at))),
    );
    return slopes.length === 0 ? 0 : median(slopes);
}

/// What a series that is flat may still seem to gain over its time, by name: a share of its median, and something absolute.
export const tolerances = {
    rss_mb: { share: 0.03, least: 2 },
    allocated: { share: 0.05, least: 256 * 1024 },
    descriptors: { share: 0.05, least: 4 },
    sessions: { share: 0.05, least: 4 },
    sockets: { share: 0.05, least: 4 },
    joined: { share: 0.05, least: 4 },
    rooms: { share: 0.05, least: 4 },
    timers: { share: 0.1, least: 8 },
    asked: { share: 0.5, least: 8 },
    handlers: { share: 0.5, least: 8 },
};

/// Null, or one line that says how much a series has grown. The first quarter is a warm-up.
export function growth(name, samples) {
    const rest = samples.slice(Math.floor(samples.length / 4));
    if (rest.length < 4) {
        return null;
    }
    const seconds = rest.at(-1).at - rest[0].at;
    const gained = slope(rest) * seconds;
    const { share, least } = tolerances[name];
    const allowed = Math.max(least, share * median(rest.map(({ value }) => value)));
    if (gained <= allowed) {
        return null;
    }
    const number = (value) => (Number.isInteger(value) ? value : value.toFixed(1));
    return `${name} grew by ${number(gained)} in ${seconds.toFixed(0)} s, from ${number(rest[0].value)} to ${number(rest.at(-1).value)}`;
}
