// @ts-check
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Changes made to the copy of the worker's sources. Each must match exactly once: a new release of
 * mediasoup that moved the place has to be looked at by a person.
 *
 * @type {ReadonlyArray<{ file: string, find: string, replace: string }>}
 */
export const PATCHES = [
  {
    // Debian 12 has Meson 1.0.1, which builds the worker just as well.
    file: 'meson.build',
    find: "meson_version: '>= 1.1.0'",
    replace: "meson_version: '>= 1.0.0'",
  },
  {
    // The callback answered 1 to every operation that is not a plain BIO_CB_RETURN, so to the question
    // "does the kernel do TLS for this connection?" as well. An OpenSSL with kernel TLS (Debian's) then
    // allocates no write buffer and crashes in the first DTLS handshake. docs/install.md has the details.
    file: 'src/RTC/DtlsTransport.cpp',
    find: '(operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1',
    replace: '(operationType & BIO_CB_RETURN) != 0 ? static_cast<long>(ret) : 1',
  },
  {
    // Its files include headers that are generated during the build, which it does not say: on a busy machine the
    // compiler came first.
    file: 'deps/libwebrtc/meson.build',
    find: "    flatbuffers_proj.get_variable('flatbuffers_dep'),\n",
    replace: "    flatbuffers_proj.get_variable('flatbuffers_dep'),\n    flatbuffers_generator_dep,\n",
  },
];

/**
 * @param {string} text
 * @param {{ file: string, find: string, replace: string }} patch
 * @returns {string}
 * @throws {Error} when the text to replace is not there exactly once
 */
export function applyPatch(text, { file, find, replace }) {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(
      `the patch for ${file} fits ${parts.length - 1} places instead of one (looked for: ${find})`,
    );
  }
  return parts.join(replace);
}

/** @param {string} source folder of the copied sources */
export function patchSources(source) {
  for (const patch of PATCHES) {
    const file = join(source, patch.file);
    writeFileSync(file, applyPatch(readFileSync(file, 'utf8'), patch));
  }
}
