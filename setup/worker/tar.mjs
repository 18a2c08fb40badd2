// @ts-check
import { gunzipSync } from 'node:zlib';

const BLOCK = 512;
const REGULAR_FILE = new Set(['0', '\0']);

/**
 * Takes one file out of a gzipped tar archive, wherever in it it is. Nothing else is unpacked, so that
 * an archive cannot write anywhere.
 *
 * @param {Uint8Array} archive
 * @param {string} name the file's own name, without folders
 * @returns {Buffer | undefined} its content
 * @throws when the archive is no gzip file
 */
export function extractFile(archive, name) {
  const tar = gunzipSync(archive);
  for (let offset = 0; offset + BLOCK <= tar.length;) {
    const header = tar.subarray(offset, offset + BLOCK);
    const size = Number.parseInt(text(header, 124, 12), 8) || 0;
    const type = String.fromCharCode(header[156] ?? 0);
    const content = offset + BLOCK;
    if (REGULAR_FILE.has(type) && text(header, 0, 100).split('/').at(-1) === name) {
      return content + size <= tar.length ? tar.subarray(content, content + size) : undefined;
    }
    offset = content + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

/** @param {Buffer} header @param {number} start @param {number} length */
function text(header, start, length) {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? length : end).trim();
}
