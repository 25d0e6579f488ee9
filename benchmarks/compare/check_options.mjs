// SPDX-License-Identifier: BSL-1.0
// scripts/compare asks this before it builds for minutes: prints whether it has to build.
import { options_or_exit } from "./options.mjs";

console.log(options_or_exit(process.argv.slice(2)).bin === undefined ? "build" : "ready");
