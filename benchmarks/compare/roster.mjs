// SPDX-License-Identifier: BSL-1.0
// Which servers of a report have values, and which of them cosio is compared with.

export const measured = (report) => report.servers.filter(({ missing }) => !missing);

/// Nobody, where cosio itself was not measured.
export function compared(report) {
    const all = measured(report);
    return all.some(({ id }) => id === "cosio") ? all.filter(({ id }) => id !== "cosio") : [];
}
