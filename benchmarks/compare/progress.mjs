// SPDX-License-Identifier: BSL-1.0
// What runs now, how much is done and how long the rest will take: a bar on a terminal, lines elsewhere.
import { minutes } from "./format.mjs";

/// Weighs the work that is left by how the work that is done went. All arguments are seconds, the expectations are guesses.
export function time_left({ elapsed, expected_done, expected_total }) {
    const left = Math.max(0, expected_total - expected_done);
    // The first runs say little: the guess counts as ten seconds that went as expected.
    return (left * (elapsed + 10)) / (expected_done + 10);
}

export function bar_line({ fraction, text, left, columns }) {
    const filled = Math.round(20 * Math.min(1, fraction));
    const percent = `${Math.floor(100 * Math.min(1, fraction))}`.padStart(3);
    const head = `[${"#".repeat(filled)}${".".repeat(20 - filled)}] ${percent} %  `;
    const tail = `  ${minutes(left)} left`;
    const room = Math.max(0, columns - 1 - head.length - tail.length);
    const shown = text.length > room ? `${text.slice(0, Math.max(0, room - 1))}~`.slice(0, room) : text;
    return head + shown + tail;
}

export class progress {
    constructor(out = process.stderr) {
        this.out = out;
        this.expected_total = 0;
        this.expected_done = 0;
        this.started = performance.now();
        this.text = "";
        this.told = 0;
    }

    expect(seconds) {
        this.expected_total += seconds;
    }

    begin(text) {
        this.text = text;
        this.show();
    }

    done(seconds) {
        this.expected_done += seconds;
    }

    /// A line that stays.
    say(line) {
        this.clear();
        this.out.write(`${line}\n`);
    }

    clear() {
        if (this.out.isTTY) this.out.write("\r\x1b[K");
    }

    show() {
        const elapsed = (performance.now() - this.started) / 1000;
        const { expected_done, expected_total, text } = this;
        const fraction = expected_total > 0 ? expected_done / expected_total : 0;
        const left = time_left({ elapsed, expected_done, expected_total });
        if (this.out.isTTY) {
            const columns = this.out.columns ?? 80;
            this.out.write(`\r\x1b[K${bar_line({ fraction, text, left, columns })}`);
        } else if (elapsed >= this.told + 15) {
            // A log wants a line now and then.
            this.told = elapsed;
            this.out.write(`${Math.floor(100 * fraction)} %, ${minutes(left)} left: ${text}\n`);
        }
    }
}
