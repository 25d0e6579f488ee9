// SPDX-License-Identifier: BSL-1.0
// That the check of docs/parity.md can fail, and that it finds tests where they are.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { cases_of_cpp, cases_of_python, cases_of_script, faults_of, find_tests, read_rows } from "./parity.mjs";

const known = new Set(["suite/case", "script/does this and that"]);
const faults = (...lines) => faults_of(read_rows(["| feature | Node | cosio | test |", "|---|---|---|---|", ...lines].join("\n")), known);

test("rows that are right", () => {
    assert.deepEqual(
        faults(
            "| a | yes | yes | `suite/case` `script/does this and that` |",
            "| b | no | partly: without this | `suite/case` |",
            "| c | yes | not yet | – |",
            "| d | partly | no: never | – |",
        ),
        [],
    );
});

test("yes or partly without a test", () => {
    assert.deepEqual(faults("| a | yes | yes | – |"), ["line 3, 'a': 'yes' without a test"]);
    assert.deepEqual(faults("| a | yes | partly: b | suite/case |"), ["line 3, 'a': 'partly' without a test"]);
});

test("a test that is not there, also beside one that is", () => {
    const wanted = ["line 3, 'a': there is no test suite/other"];
    assert.deepEqual(faults("| a | yes | yes | `suite/other` |"), wanted);
    assert.deepEqual(faults("| a | yes | yes | `suite/case` `suite/other` |"), wanted);
});

test("a test of what there is not", () => {
    assert.equal(faults("| a | yes | not yet | `suite/case` |").length, 1);
    assert.equal(faults("| a | yes | no | `suite/case` |").length, 1);
});

test("other words, and other numbers of cells", () => {
    assert.equal(faults("| a | yes | maybe | `suite/case` |").length, 1);
    assert.equal(faults("| a | sometimes | yes | `suite/case` |").length, 1);
    assert.equal(faults("| a | yes | yes |").length, 1);
    assert.equal(faults("| a | yes | yes | `suite/case` | more |").length, 1);
});

test("cases of C++", () => {
    const text = `BOOST_AUTO_TEST_SUITE(outer)
BOOST_AUTO_TEST_CASE(one)
TYPED_CASE(two, Codec, codecs)
BOOST_FIXTURE_TEST_SUITE(inner, fixture)
BOOST_DATA_TEST_CASE(three, values)
// BOOST_AUTO_TEST_CASE(none)
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_CASE(four)
BOOST_DATA_TEST_CASE_F(fixture, five, values)
BOOST_DATA_TEST_CASE_F(
    fixture, six, values
)
`;
    assert.deepEqual(cases_of_cpp(text), ["outer/one", "outer/two", "outer/inner/three", "four", "five", "six"]);
});

test("cases of scripts", () => {
    const text = `const later = "by a constant";
const tests = { async "as a key"(t) {}, async [later](t) {} };
test("alone", () => {});
scenario(
    "on the next line",
`;
    assert.deepEqual(cases_of_script(text), ["as a key", "alone", "on the next line", "by a constant"]);
    assert.deepEqual(cases_of_script('    "of a table": {\n        "inner": 1,\n', true), ["of a table"]);
    assert.deepEqual(cases_of_python("class A:\n    async def test_a(self):\n    def test_b(self):\n    def c(self):\n"), ["test_a", "test_b"]);
});

test("tests of this tree", () => {
    const found = find_tests(join(import.meta.dirname, ".."));
    for (const name of [
        "engine_session/the_server_pings_when_the_interval_has_passed_HB_1",
        "socketio_suite/reports the handshake",
        "differential/HTTP-1 handshake",
        "python_client/test_rooms",
        "parity.test/cases of C++",
    ]) {
        assert.ok(found.has(name), name);
    }
    assert.ok(!found.has("engine_session/nothing"));
});
