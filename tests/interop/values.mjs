// SPDX-License-Identifier: BSL-1.0
// Argument lists that must come back from an echo as they went.
const bytes = (...values) => Buffer.from(values);
const all_bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

const deep = (depth, leaf) => {
    let value = leaf;
    for (let i = 0; i < depth; ++i) {
        value = i % 2 === 0 ? [value] : { next: value };
    }
    return value;
};

const every_codec = {
    "no argument": [],
    integers: [0, 1, -1, 127, 128, -128, -129, 255, 256, 65535, 65536, -32768, -32769],
    "integers beyond 32 bits": [
        2147483647, 2147483648, -2147483648, -2147483649, 4294967295, 4294967296,
        9007199254740991, -9007199254740991,
    ],
    fractions: [0.1, -0.5, 1.5, 123456789.12345679, 3.141592653589793, 1e-7, 5e-324],
    "large and small numbers": [2 ** 53, 2 ** 63, 4503599627370495.5, -1.5e-300],
    "null and booleans": [null, true, false],
    "empty string": [""],
    "ASCII text": ["hello", " ", "a,b;c/d?e=f&g#h", "\x7f"],
    escapes: ['"quoted"', "back\\slash", "/slash/", "\b\f\n\r\t", "\u0000\u0001\u001e\u001f"],
    "unicode text": ["é ü ß", "漢字", "Привет", "עברית", "e\u0301", "\u2028\u2029\ufeff"],
    "astral text": ["😀", "👩‍👩‍👧‍👦", "\u{10ffff}", "a😀b".repeat(40)],
    "text that looks like packets": ["2", "42[1]", '451-["x"]', "bAAAA", "6\u001e1", "2probe"],
    "strings of every length class": [31, 32, 255, 256, 65_535, 65_536].map((n) => "x".repeat(n)),
    "empty containers": [[], {}, [[]], [{}], { a: [] }],
    arrays: [
        [1, "two", null, true],
        [[1], [[2]], [[[3]]]],
        Array.from({ length: 300 }, (_, i) => i),
    ],
    objects: [{ a: 1, b: { c: [1, { d: "e" }] } }, { "": 0, "with space": 1, "ключ": 2, "😀": 3 }],
    "a placeholder that is plain data": [{ _placeholder: true, num: 0 }, { _placeholder: 1 }],
    "deep nesting": [deep(60, "bottom")],
    "many arguments": Array.from({ length: 200 }, (_, i) => i),
};

/// By codec; notepack, which the msgpack clients use, breaks integral numbers beyond 64 bits.
export const plain_values = {
    json: {
        ...every_codec,
        "numbers beyond 64 bits": [1e21, 2 ** 64, 1.7976931348623157e308, -1.7976931348623157e308],
    },
    msgpack: every_codec,
};

export const binary_values = {
    "one binary": [bytes(1, 2, 3)],
    "an empty binary": [bytes()],
    "every byte": [all_bytes],
    "binary behind text": ["before", bytes(4), "after"],
    "several binaries": [bytes(1), bytes(2, 2), bytes(3, 3, 3)],
    "as many binaries as are allowed": Array.from({ length: 10 }, (_, i) => bytes(i)),
    "binary nested deep": [{ a: [{ b: { c: [0, bytes(9, 8, 7), { d: bytes(6) }] } }] }],
    "binary beside a null": [null, bytes(0), { left: null, right: bytes(255) }],
    "a typed array": [new Uint8Array([10, 20, 30])],
    "an array buffer": [new Uint8Array([40, 50]).buffer],
    "binary that looks like packets": [Buffer.from("42[1]"), Buffer.from("bAAAA"), bytes(0x1e)],
    "binaries of every length class": [255, 256, 65_535, 65_536].map((n) => Buffer.alloc(n, n)),
};

/// The same value with every kind of binary as a Buffer, so that deepStrictEqual compares bytes.
export function with_buffers(value) {
    if (value instanceof ArrayBuffer) {
        return Buffer.from(value);
    }
    if (ArrayBuffer.isView(value)) {
        return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    if (Array.isArray(value)) {
        return value.map(with_buffers);
    }
    if (value !== null && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, with_buffers(v)]));
    }
    return value;
}
