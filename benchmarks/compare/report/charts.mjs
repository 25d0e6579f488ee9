// SPDX-License-Identifier: BSL-1.0
// Bars and curves as inline SVG. Sizes are chosen so that a phone shows a chart at about its own size.
import { duration_us, number, range, short_count } from "../format.mjs";
import { drawing, escape, label, line, linear_scale, log_domain, log_scale, log_ticks, marker, path, round } from "./svg.mjs";

const width = 340;
const frame = { left: 46, right: 10, top: 12, bottom: 40 };

const hint = (server, at, summary, format) => {
    const spread = range(summary);
    return `${server.label}, ${at}: ${format(summary.median)}${spread === "" ? "" : ` (${spread})`}`;
};

const extremes = (summaries) => summaries.filter(Boolean).flatMap(({ min, max }) => [min, max]);

function value_axis(ticks, y, format) {
    return ticks.flatMap((tick) => [
        line(frame.left, y(tick), width - frame.right, y(tick), "grid"),
        label(frame.left - 6, y(tick) + 3.5, format(tick), "tick", "end"),
    ]);
}

/// A line with its markers and its noise. `points` are { x, at, summary } in pixels.
function series(server, points, y, format) {
    const known = points.map(({ x, summary }) => (summary?.median > 0 ? [x, y(summary.median)] : null));
    const shown = points.filter(({ summary }) => summary?.median > 0);
    return [
        ...shown.map(({ x, summary }) => line(x, y(summary.min), x, y(summary.max), `whisker ${server.id}`)),
        `<path d="${path(known)}" class="curve ${escape(server.id)}"/>`,
        ...shown.map(({ x, at, summary }) =>
            marker(server.id, x, y(summary.median), hint(server, at, summary, format)),
        ),
    ];
}

/// Both axes logarithmic: a constant cost is a flat line. `curve` is one of the scale section.
export function scale_chart(curve, servers) {
    const height = 230;
    const xs = curve.points.map(({ x }) => x);
    const x = log_scale([Math.min(...xs), Math.max(...xs)], [frame.left + 12, width - frame.right - 14]);
    const [low, high] = log_domain(extremes(curve.points.flatMap(({ values }) => Object.values(values))));
    const y = log_scale([low, high], [height - frame.bottom, frame.top]);
    const bottom = height - frame.bottom;
    // Neighbours whose labels would touch: the later one, which is the end of the curve, stays.
    const labelled = xs.filter((value, at) => at === xs.length - 1 || x(xs[at + 1]) - x(value) > 28);
    const description = `${curve.title}: us per ${curve.per} by ${curve.x_label}`;
    return drawing(width, height, description, [
        ...value_axis(log_ticks(low, high), y, (tick) => short_count(tick)),
        ...xs.map((value) => line(x(value), bottom, x(value), bottom + 4, "axis")),
        ...labelled.map((value) => label(x(value), bottom + 16, short_count(value), "tick", "middle")),
        line(frame.left, bottom, width - frame.right, bottom, "axis"),
        label((frame.left + width - frame.right) / 2, height - 6, curve.x_label, "axis-name", "middle"),
        ...servers.flatMap((server) =>
            series(
                server,
                curve.points.map((point) => ({
                    x: x(point.x),
                    at: short_count(point.x),
                    summary: point.values[server.id],
                })),
                y,
                (value) => `${number(value)} us`,
            ),
        ),
    ]);
}

const percentile_names = { p50: "p50", p90: "p90", p99: "p99", p999: "p99.9", max: "max" };

/// Latency by percentile at one load; `of(server)` is { p50: summary, ... } or null. `domain` is shared among panels.
export function latency_chart(title, servers, of, domain) {
    const height = 230;
    const names = Object.keys(percentile_names);
    const x = linear_scale([0, names.length - 1], [frame.left + 14, width - frame.right - 16]);
    const y = log_scale(domain, [height - frame.bottom + 8, frame.top]);
    const bottom = height - frame.bottom + 8;
    return drawing(width, height, `Latency by percentile, ${title}`, [
        ...value_axis(log_ticks(...domain), y, (tick) => duration_us(tick).replace(".00", "").replace(".0", "")),
        line(frame.left, bottom, width - frame.right, bottom, "axis"),
        ...names.map((name, at) => label(x(at), bottom + 17, percentile_names[name], "tick", "middle")),
        ...servers.flatMap((server) =>
            series(
                server,
                names.map((name, at) => ({
                    x: x(at),
                    at: percentile_names[name],
                    summary: of(server)?.[name] ?? null,
                })),
                y,
                duration_us,
            ),
        ),
    ]);
}

/// One bar for each server from zero, with its noise, and a mark where the target is.
export function bar_chart(description, servers, values, target = null) {
    const shown = servers.filter(({ id }) => values[id]);
    const row = 26;
    const height = shown.length * row + (target === null ? 6 : 22);
    const top = Math.max(target ?? 0, ...shown.map(({ id }) => values[id].max));
    const x = linear_scale([0, top], [58, width - 62]);
    const parts = shown.flatMap((server, at) => {
        const summary = values[server.id];
        const y = at * row + 4;
        const end = x(summary.median);
        return [
            label(50, y + 13, server.label, "bar-name", "end"),
            `<rect x="58" y="${y}" width="${round(Math.max(1.5, end - 58))}" height="18" rx="3" class="fill ${escape(server.id)}">` +
                `<title>${escape(hint(server, description, summary, number))}</title></rect>`,
            ...(summary.max > summary.min
                ? [line(x(summary.min), y + 9, x(summary.max), y + 9, "noise")]
                : []),
            label(x(summary.max) + 7, y + 13, number(summary.median), "bar-value"),
        ];
    });
    if (target !== null) {
        const at = x(target);
        const anchor = at > width / 2 ? "end" : "start";
        parts.push(
            line(at, 0, at, shown.length * row + 6, "target"),
            label(at + (anchor === "end" ? -5 : 0), shown.length * row + 18, `target ${number(target)}`, "tick", anchor),
        );
    }
    return drawing(width, height, description, parts);
}
