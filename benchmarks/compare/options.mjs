// SPDX-License-Identifier: BSL-1.0
// The command line, and what each section makes of it.
import { parseArgs } from "node:util";

export const all_sections = ["table", "scale", "latency", "hold", "clients"];
export const all_servers = ["node", "bun", "cosio"];

export const usage = `Usage: scripts/compare [options]

Measures npm's socket.io on Node and on Bun and cosio in turn; writes report.html and report.json.

  --quick            the table only, in less than 5 minutes
  --only SECTIONS    some of ${all_sections.join(",")}
  --servers SERVERS  some of ${all_servers.join(",")}
  --rounds N         how often everything is measured
  --seconds S        measured time of one run
  --warmup S         load before that
  --codec CODEC      json (default) or msgpack
  --bin DIR          cosio's executables; without it scripts/compare builds them
  --out DIR          where the report goes; default: benchmarks
  --title TEXT       a line of your own under the report's title
  --help             this text
`;

// Rounds, seconds and warm-up of one run. Node and Bun need a second or more of load to compile their code.
const pace = {
    full: {
        table: { rounds: 5, seconds: 3, warmup: 2 },
        scale: { rounds: 3, seconds: 2, warmup: 1.5 },
        latency: { rounds: 3, seconds: 5, warmup: 1.5 },
        hold: { rounds: 2, seconds: 1, warmup: 0 },
        clients: { rounds: 3, seconds: 4, warmup: 2 },
    },
    quick: {
        table: { rounds: 3, seconds: 1.5, warmup: 1.5 },
        scale: { rounds: 1, seconds: 1, warmup: 1 },
        latency: { rounds: 1, seconds: 2, warmup: 1 },
        hold: { rounds: 1, seconds: 1, warmup: 0 },
        clients: { rounds: 1, seconds: 2, warmup: 1 },
    },
};

export class usage_error extends Error {}

function list(text, known, option) {
    const chosen = text.split(",").filter((item) => item !== "");
    const stranger = chosen.find((item) => !known.includes(item));
    if (stranger !== undefined) throw new usage_error(`${option}: ${stranger} is not one of ${known.join(", ")}`);
    if (chosen.length === 0) throw new usage_error(`${option}: one of ${known.join(", ")} is needed`);
    return known.filter((item) => chosen.includes(item));
}

function parse(argv) {
    const text = { type: "string" };
    try {
        return parseArgs({
            args: argv,
            options: {
                quick: { type: "boolean", default: false },
                help: { type: "boolean", default: false },
                only: text,
                servers: { type: "string", default: all_servers.join(",") },
                rounds: text,
                seconds: text,
                warmup: text,
                codec: { type: "string", default: "json" },
                bin: text,
                out: text,
                title: text,
            },
        }).values;
    } catch (error) {
        throw new usage_error(error.message);
    }
}

function positive(value, option, accepts) {
    if (value === undefined) return undefined;
    const number = Number(value);
    if (value.trim() === "" || !accepts(number)) throw new usage_error(`${option}: ${value} is out of range`);
    return number;
}

/// Throws usage_error. `pace[section]` says how a section measures.
export function read_options(argv) {
    const values = parse(argv);
    if (!["json", "msgpack"].includes(values.codec)) throw new usage_error("--codec: json or msgpack");
    const own = {
        rounds: positive(values.rounds, "--rounds", (n) => Number.isInteger(n) && n >= 1),
        seconds: positive(values.seconds, "--seconds", (n) => n >= 0.05 && n <= 3600),
        warmup: positive(values.warmup, "--warmup", (n) => n >= 0 && n <= 3600),
    };
    const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
    const preset = values.quick ? pace.quick : pace.full;
    return {
        quick: values.quick,
        help: values.help,
        sections: list(values.only ?? (values.quick ? "table" : all_sections.join(",")), all_sections, "--only"),
        servers: list(values.servers, all_servers, "--servers"),
        codec: values.codec,
        bin: values.bin,
        out: values.out,
        title: values.title,
        pace: Object.fromEntries(all_sections.map((section) => [section, { ...preset[section], ...given }])),
    };
}

/// For a command line: tells the usage, or what is wrong with it, and exits.
export function options_or_exit(argv) {
    let options;
    try {
        options = read_options(argv);
    } catch (error) {
        if (!(error instanceof usage_error)) throw error;
        console.error(`compare: ${error.message}\n\n${usage}`);
        process.exit(2);
    }
    if (!options.help) return options;
    console.log(usage);
    process.exit(0);
}
