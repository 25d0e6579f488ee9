// SPDX-License-Identifier: BSL-1.0
// Numbers and tables for people.

/// Three significant digits, thousands apart by thin spaces; "-" for what is missing.
export function number(value) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "-";
    const size = Math.abs(value);
    if (size >= 99.95) return Math.round(value).toLocaleString("en-US").replaceAll(",", "\u2009");
    if (size >= 9.995) return value.toFixed(1);
    return value.toFixed(size >= 0.9995 || size === 0 ? 2 : 3);
}

export const ratio = (value) => (value === null || value === undefined ? "-" : `${number(value)}x`);

export const range = (summary) =>
    summary && summary.runs > 1 ? `${number(summary.min)}..${number(summary.max)}` : "";

/// Microseconds, in the unit that reads best.
export function duration_us(value) {
    if (value === null || value === undefined) return "-";
    if (value >= 1e6) return `${number(value / 1e6)} s`;
    return value >= 1000 ? `${number(value / 1000)} ms` : `${number(value)} us`;
}

export function minutes(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/// A count on an axis: 19000 is 19k.
export function short_count(value) {
    for (const [size, letter] of [[1e6, "M"], [1e3, "k"]]) {
        if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(3))}${letter}`;
    }
    return String(Number(value.toPrecision(3)));
}

/// Aligned columns, the first to the left, the others to the right. A line is a list of cells.
export function align(lines) {
    const widths = [];
    for (const line of lines) line.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
    return lines
        .map((line) =>
            line
                .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
                .join("  ")
                .trimEnd(),
        )
        .join("\n");
}
