// SPDX-License-Identifier: BSL-1.0
// What many runs say together.

export function median(numbers) {
    const sorted = [...numbers].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/// Median and extremes; null of nothing. Values that a run does not have are left out.
export function summarize(numbers) {
    const present = numbers.filter((number) => Number.isFinite(number));
    if (present.length === 0) return null;
    return { median: median(present), min: Math.min(...present), max: Math.max(...present), runs: present.length };
}

/// How many times more `theirs` is than `ours`: above 1, ours is cheaper. Null where one is missing or not positive.
export function times(theirs, ours) {
    return theirs?.median > 0 && ours?.median > 0 ? theirs.median / ours.median : null;
}

/// The exponent p of y ~ x^p through all points, by least squares of the logarithms: 0 is constant cost, 1 linear.
export function growth(points) {
    const logs = points.filter(([x, y]) => x > 0 && y > 0).map(([x, y]) => [Math.log(x), Math.log(y)]);
    if (logs.length < 2) return null;
    const mean = (axis) => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
    const [x_mean, y_mean] = [mean(0), mean(1)];
    const spread = logs.reduce((sum, [x]) => sum + (x - x_mean) ** 2, 0);
    if (spread === 0) return null;
    return logs.reduce((sum, [x, y]) => sum + (x - x_mean) * (y - y_mean), 0) / spread;
}
