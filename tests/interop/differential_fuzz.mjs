// SPDX-License-Identifier: BSL-1.0
// Inputs that are made from seeds to npm's server and to ours: requests, bodies, frames and packets, half of them
// spoilt. What becomes of each has to be the same, or to have a rule in docs/differences.md ("Any bytes").
//   node differential_fuzz.mjs --bin <folder of cosio's servers> [--cases N] [--from SEED] [--at-once N] [--every-rule]
//       [--keep-going] [--without <rule>]
// A difference without a rule fails, with the smallest input that shows it and the command that repeats it.
// --every-rule: so does a rule that no case has met. --keep-going: all that is found, as it is. --without: as if there
// were no such rule.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { case_of, smaller } from "./differential/fuzz_cases.mjs";
import { ended, rule_for, rules } from "./differential/fuzz_rules.mjs";
import { outcome_of, settled } from "./differential/fuzz_run.mjs";
import { server_process, within } from "./support.mjs";

const { values: options } = parseArgs({
    options: {
        bin: { type: "string" },
        cases: { type: "string", default: "300" },
        from: { type: "string", default: "1" },
        "at-once": { type: "string", default: "8" },
        "every-rule": { type: "boolean", default: false },
        "keep-going": { type: "boolean", default: false },
        without: { type: "string" },
    },
});
if (!options.bin) {
    console.error(
        "usage: differential_fuzz.mjs --bin <folder> [--cases N] [--from SEED] [--at-once N] [--every-rule]\n" +
            "    [--keep-going] [--without <rule>]",
    );
    process.exit(2);
}
if (options.without !== undefined) {
    delete rules[options.without];
}
const first = Number(options.from);
const count = Number(options.cases);

const deadline_ms = 30_000;

/// Differences that are none when the case is repeated alone: Node's server handles what it reads some turns later, so
/// that a few are to be expected on a busy machine.
const max_unrepeated = Math.max(2, count / 1000);

/// Who says nothing for so long does not come back.
const patience_ms = 5_000;
const silent = "nothing";

const reference = `'${process.execPath}' '${join(import.meta.dirname, "reference_server.mjs")}' 2>/dev/null`;

const start_theirs = (extra) => server_process.start(reference, extra, deadline_ms);

/// Pairs of servers, theirs first.
async function start_pair(extra) {
    const ours = server_process.start(`'${join(options.bin, "cosio_interop_server")}' 2>/dev/null`, extra, deadline_ms);
    return [await start_theirs(extra), await ours];
}

const pairs = { json: await start_pair([]), msgpack: await start_pair(["--codec", "msgpack"]) };
const pair_of = ({ kind }) => pairs[kind === "msgpack" ? "msgpack" : "json"];

process.on("exit", () => Object.values(pairs).flat().forEach(({ child }) => child.kill("SIGKILL")));

const has_ended = ({ child }) => child.exitCode !== null || child.signalCode !== null;

/// Ours must survive; npm's need not.
async function revive(one) {
    const pair = pair_of(one);
    if (has_ended(pair[1])) {
        throw new Error(`our server has ended with ${await pair[1].exited}, at the latest over case ${one.seed}`);
    }
    if (has_ended(pair[0])) {
        pair.restart ??= start_theirs(one.kind === "msgpack" ? ["--codec", "msgpack"] : []);
        pair[0] = await pair.restart;
        pair.restart = undefined;
    }
    return pair;
}

/// When what came has come says nothing where it is the same.
const shown_of = ({ heard, ...outcome }) => JSON.stringify(outcome);

/// `{theirs, ours, same, rule}`. `alone`: no other case can be what it meets.
async function difference(one, alone = false) {
    const pair = [...(await revive(one))];
    const outcome = (server, ms) =>
        within(ms, outcome_of(one, server), () => silent).catch((error) => ({ fault: error.message }));
    const [theirs, ours] = await Promise.all([outcome(pair[0], patience_ms), outcome(pair[1], deadline_ms)]);
    if (theirs.fault === silent) {
        pair[0].child.kill("SIGKILL");
        await pair[0].exited;
    }
    if (alone && (has_ended(pair[0]) || (await settled(pair[0]).catch(() => pair[0].exited)) !== undefined)) {
        console.log(`case ${one.seed} ends npm's server`);
        return { theirs, ours, same: false, rule: ended };
    }
    const same = shown_of(theirs) === shown_of(ours);
    return { theirs, ours, same, rule: same ? undefined : rule_for(one, theirs, ours) };
}

/// The same, where it is still so when nothing else is at work. `fickle`: ours has not done the same each time.
async function lasting({ one, found: first }) {
    let found;
    let fickle = false;
    for (let attempt = 0; attempt < 3; ++attempt) {
        found = await difference(one, true);
        fickle ||= shown_of(found.ours) !== shown_of(first.ours);
        if (found.same || found.rule !== undefined) {
            break;
        }
    }
    return { ...found, fickle };
}

/// What two differences have in common that are one: how the servers end it.
const signature = ({ theirs, ours }) => JSON.stringify([theirs, ours].map(({ end, posts }) => [end, posts?.at(-1)]));

/// The smallest case that can be made of this one and still differs so, without a rule.
async function smallest(one, found) {
    const until = Date.now() + deadline_ms;
    for (let again = true; again; ) {
        again = false;
        for (const less of smaller(one)) {
            if (Date.now() > until) {
                break;
            }
            const still = await difference(less, true);
            if (!still.same && still.rule === undefined && signature(still) === signature(found)) {
                [one, found, again] = [less, still, true];
                break;
            }
        }
    }
    return { one, found };
}

const escaped = (text) =>
    text.replaceAll(/[^ -~]/g, (c) => (c > "\xff" ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`));

const shown = (input) =>
    typeof input === "string" ? `text   ${escaped(input)}` : `bytes  ${escaped(input.toString("latin1"))}`;

function report({ one, found }) {
    console.log(`\ncase ${one.seed}, ${one.kind}${one.joins ? ", joined" : ""}: a difference without a rule`);
    one.inputs.forEach((input) => console.log(`    ${shown(input)}`));
    console.log(`  Node   ${JSON.stringify(found.theirs)}`);
    console.log(`  cosio  ${JSON.stringify(found.ours)}`);
    console.log(`  again: node tests/interop/differential_fuzz.mjs --bin ${options.bin} --from ${one.seed} --cases 1`);
}

const met = Object.fromEntries(Object.keys(rules).map((name) => [name, 0]));
const suspects = [];
let done = 0;
let equal = 0;

async function work(seeds) {
    for (const seed of seeds) {
        const one = case_of(seed);
        const found = await difference(one);
        if (found.same) {
            ++equal;
        } else if (found.rule !== undefined) {
            ++met[found.rule];
        } else {
            suspects.push({ one, found });
        }
        if (++done % 1000 === 0) {
            console.log(`${done} of ${count}: ${equal} equal, ${suspects.length} to look at`);
        }
    }
}

const seeds = (function* () {
    for (let seed = first; seed < first + count; ++seed) {
        yield seed;
    }
})();
await Promise.all(Array.from({ length: Number(options["at-once"]) }, () => work(seeds)));

let failures = 0;
let unrepeated = 0;
for (const suspect of suspects) {
    const { one } = suspect;
    const found = await lasting(suspect);
    if (found.fickle) {
        ++failures;
        console.log(`case ${one.seed}: our server does not always do the same with it`);
        console.log(`  at once  ${shown_of(suspect.found.ours)}\n  alone    ${shown_of(found.ours)}`);
    } else if (found.same && suspect.found.theirs.fault !== undefined) {
        ++equal; // another case has ended npm's server meanwhile
    } else if (found.same) {
        ++unrepeated;
        console.log(`case ${one.seed}: Node's server does it otherwise when it is alone`);
    } else if (found.rule !== undefined) {
        ++met[found.rule];
    } else {
        ++failures;
        report(options["keep-going"] ? { one, found } : await smallest(one, found));
        if (!options["keep-going"] && failures === 5) {
            break;
        }
    }
}

const complain = (text) => {
    ++failures;
    console.log(text);
};
const table = readFileSync(join(import.meta.dirname, "../../docs/differences.md"), "utf8");
const listed = [...table.matchAll(/^\| ~(.+?)~ \|/gm)].map(([, name]) => name);
for (const name of new Set([...listed, ...Object.keys(rules)])) {
    if (!(listed.includes(name) && name in rules) && name !== options.without) {
        complain(`rule '${name}' is ${name in rules ? "not in docs/differences.md" : "in docs/differences.md only"}`);
    }
}
for (const [name, times] of Object.entries(met)) {
    console.log(`${String(times).padStart(7)}  ${name}`);
    if (times === 0 && options["every-rule"]) {
        complain(`rule '${name}' was met by no case`);
    }
}
if (unrepeated > max_unrepeated) {
    complain(`${unrepeated} differences were none when repeated, which is more than ${max_unrepeated}`);
}
for (const [name, servers] of Object.entries(pairs)) {
    const status = await servers[1].stop(deadline_ms);
    if (status !== 0) {
        complain(`our server for ${name} ended with ${status}`);
    }
}
const outcome = `${equal} equal, ${unrepeated} not repeated, ${failures === 0 ? "no" : failures} failures`;
console.log(`${count} cases from ${first}: ${outcome}`);
process.exit(failures === 0 ? 0 : 1);
