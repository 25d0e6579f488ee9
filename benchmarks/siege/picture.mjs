// SPDX-License-Identifier: BSL-1.0
// The well-behaved client's latency beside each attack, as a picture.
import { escape, linear_scale, log_scale, log_ticks, round } from "../compare/report/svg.mjs";

const width = 900;
const line_height = 34;
const left = 170;
const colours = { cosio: "#2563eb", node: "#9ca3af" };
const time = (us) => (us >= 1e6 ? `${us / 1e6} s` : us >= 1000 ? `${us / 1000} ms` : `${us} us`);

/// For each attack and server a line from p50 to the longest, with a dot at p99, and the p99 of before as a hollow one.
export function draw(rows) {
    const all = rows.flatMap(({ before, during }) => [before.echo.p50, before.echo.p99, during.echo.p50, during.echo.max]);
    const domain = [Math.max(1, Math.min(...all)) * 0.8, Math.max(...all) * 1.3];
    const x = log_scale(domain, [left, width - 20]);
    const height = 50 + rows.length * line_height;
    const y = linear_scale([0, Math.max(1, rows.length)], [40, height - 10]);
    const ticks = log_ticks(...domain).map(
        (tick) =>
            `<path d="M${round(x(tick))} 30V${height}" stroke="#e5e7eb"/><text x="${round(x(tick))}" y="22" text-anchor="middle">${time(tick)}</text>`,
    );
    const lines = rows.map(({ attack, server, before, during }, index) => {
        const at = round(y(index + 0.5));
        const colour = colours[server] ?? "#111827";
        const from = round(x(during.echo.p50));
        const to = round(x(during.echo.max));
        return [
            `<text x="8" y="${at + 4}">${escape(attack)}, ${escape(server)}</text>`,
            `<path d="M${from} ${at}H${to}" stroke="${colour}" stroke-width="4"/>`,
            `<circle cx="${round(x(during.echo.p99))}" cy="${at}" r="6" fill="${colour}"/>`,
            `<circle cx="${round(x(before.echo.p99))}" cy="${at}" r="5" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ].join("");
    });
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
        `<title>Echo of a well-behaved client under attack: p50 to the longest, p99 filled, p99 before hollow</title>`,
        `<rect width="${width}" height="${height}" fill="#fff"/>`,
        ...ticks,
        ...lines,
        "</svg>\n",
    ].join("\n");
}
