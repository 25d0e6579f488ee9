// SPDX-License-Identifier: BSL-1.0
// Scales, ticks and the few shapes that charts are made of.

export const escape = (text) =>
    String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

/// Coordinates need no more than a tenth of a pixel.
export const round = (value) => Number(value.toFixed(1));

/// Maps [low, high] of a domain to pixels; a domain of one value is in the middle.
export function linear_scale([low, high], [from, to]) {
    return (value) => (high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from));
}

export function log_scale([low, high], pixels) {
    const scale = linear_scale([Math.log10(low), Math.log10(high)], pixels);
    return (value) => scale(Math.log10(value));
}

/// The values 1, 2, 5 times a power of ten in [low, high]; fewer of them over many decades.
export function log_ticks(low, high) {
    const decades = Math.log10(high / low);
    const steps = decades > 2.6 ? [1] : decades > 1.7 ? [1, 3] : [1, 2, 5];
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
        for (const step of steps) {
            const tick = Number(`${step}e${power}`);
            if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
        }
    }
    return ticks;
}

/// A domain that holds all values with some air, and a decade at least: a small difference must not look large.
export function log_domain(values, least_decades = 1) {
    const positive = values.filter((value) => value > 0);
    if (positive.length === 0) return [1, 10];
    let [low, high] = [Math.log10(Math.min(...positive)) - 0.08, Math.log10(Math.max(...positive)) + 0.08];
    const lacking = least_decades - (high - low);
    if (lacking > 0) [low, high] = [low - lacking / 2, high + lacking / 2];
    return [10 ** low, 10 ** high];
}

/// One line through [x, y] pixels; null interrupts it.
export function path(points) {
    let pen_up = true;
    let out = "";
    for (const point of points) {
        if (point === null) {
            pen_up = true;
            continue;
        }
        out += `${pen_up ? "M" : "L"}${round(point[0])} ${round(point[1])}`;
        pen_up = false;
    }
    return out;
}

/// Shapes tell the servers apart where colours do not.
export function marker(server, x, y, hint = "") {
    const [cx, cy] = [round(x), round(y)];
    const title = hint === "" ? "" : `<title>${escape(hint)}</title>`;
    const shape = {
        node: `<rect x="${round(x - 3.5)}" y="${round(y - 3.5)}" width="7" height="7"`,
        bun: `<path d="M${cx} ${round(y - 4.6)}l4.4 8h-8.8z"`,
    }[server];
    return `${shape ?? `<circle cx="${cx}" cy="${cy}" r="4"`} class="fill ${escape(server)}">${title}${closing(server)}`;
}

const closing = (server) => ({ node: "</rect>", bun: "</path>" })[server] ?? "</circle>";

export const line = (x1, y1, x2, y2, name) =>
    `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${name}"/>`;

export const label = (x, y, text, name, anchor = "start") =>
    `<text x="${round(x)}" y="${round(y)}" class="${name}" text-anchor="${anchor}">${escape(text)}</text>`;

export const drawing = (width, height, description, parts) =>
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(description)}">${parts.join("")}</svg>`;
