// SPDX-License-Identifier: BSL-1.0
// A target, on this machine, and whether it is met.

export const why_scaled =
    "The targets were set on another machine: a target times (Node here / Node there) is what they ask of this one. Memory does not depend on the machine's speed and stays as it is.";

/// `row.reference` holds the figures of the machine where the targets were set, `row.values` those of this run.
export function scaled_target({ unit, reference, values }) {
    if (unit === "KB") return reference.target;
    return values.node ? (reference.target * values.node.median) / reference.node : null;
}

/// By the scaled target; `met` is null when nothing can be said, `missed_by` is a fraction of the target. `as_set` says
/// whether the target is met without scaling.
export function judge(row) {
    const target = scaled_target(row) ?? row.reference.target;
    if (!row.values.cosio) return { target, met: null, missed_by: null, as_set: null };
    const { median } = row.values.cosio;
    const met = median <= target;
    return { target, met, missed_by: met ? 0 : median / target - 1, as_set: median <= row.reference.target };
}

export function verdict_text({ met, missed_by }) {
    if (met === null) return "-";
    if (met) return "met";
    return missed_by < 0.1 ? `missed by ${(100 * missed_by).toFixed(1)} %` : `missed by ${(100 * missed_by).toFixed(0)} %`;
}

export const as_set_text = ({ as_set }) => (as_set === null ? "" : `as set: ${as_set ? "met" : "missed"}`);
