import { brotliDecompressSync } from 'node:zlib';
import { Reader, Writer } from './bytes.ts';
import { restoreGlyphs, restoreMetrics } from './glyphs.ts';

/** Tags by their number in a directory (WOFF2, 4.1). */
const tags = (
  'cmapheadhheahmtxmaxpnameOS/2postcvt fpgmglyflocaprepCFF VORGEBDTEBLCgasphdmxkernLTSHPCLTVDMXvheavmtxBASEGDEFGPOSGSUBEBSC' +
  'JSTFMATHCBDTCBLCCOLRCPALSVG sbixacntavarbdatblocbslncvarfdscfeatfmtxfvargvarhstyjustlcarmortmorxopbdproptrakZapfSilfGlat' +
  'GlocFeatSill'
).match(/.{4}/g) as string[];

interface Entry {
  tag: string;
  transformed: boolean;
  /** In the decompressed data. */
  length: number;
}

function readEntry(reader: Reader): Entry {
  const flags = reader.u8();
  const number = flags & 0x3f;
  const tag = number === 63 ? String.fromCharCode(...reader.bytes(4)) : (tags[number] ?? '');
  const version = flags >> 6;
  // Of `glyf` and `loca` 0 stands for the transformation and 3 for none, of all others 0 for none.
  const transformed = tag === 'glyf' || tag === 'loca' ? version !== 3 : version !== 0;
  const original = reader.base128();
  return { tag, transformed, length: transformed ? reader.base128() : original };
}

/** An OpenType font of these tables. */
function assemble(flavour: number, tables: Map<string, Uint8Array>): Uint8Array {
  const sorted = [...tables].sort(([a], [b]) => (a < b ? -1 : 1));
  const writer = new Writer();
  writer.u32(flavour);
  writer.u16(sorted.length);
  for (let index = 0; index < 3; index += 1) writer.u16(0);
  let offset = 12 + 16 * sorted.length;
  for (const [tag, { length }] of sorted) {
    for (const character of tag) writer.u8(character.charCodeAt(0));
    writer.u32(0);
    writer.u32(offset);
    writer.u32(length);
    offset += Math.ceil(length / 4) * 4;
  }
  for (const [, data] of sorted) {
    writer.bytes(data);
    writer.align(4);
  }
  return writer.result();
}

const required = (tables: Map<string, Uint8Array>, tag: string): Uint8Array => {
  const table = tables.get(tag);
  if (table === undefined) throw new Error(`the font has no table '${tag}'`);
  return table;
};

function restore(tables: Map<string, Uint8Array>, entries: readonly Entry[]): void {
  const isTransformed = (tag: string) => entries.some((entry) => entry.tag === tag && entry.transformed);
  if (!isTransformed('glyf')) return;
  const { glyf, loca, left } = restoreGlyphs(required(tables, 'glyf'));
  tables.set('glyf', glyf).set('loca', loca);
  const head = Uint8Array.from(required(tables, 'head'));
  // `indexToLocFormat`: offsets of four bytes.
  head.set([0, 1], 50);
  tables.set('head', head);
  if (!isTransformed('hmtx')) return;
  const metrics = new Reader(required(tables, 'hhea'), 34).u16();
  tables.set('hmtx', restoreMetrics(required(tables, 'hmtx'), { metrics, left }));
}

/**
 * The OpenType font that a WOFF2 file holds (W3C WOFF 2.0), as far as shapes of letters need it: without hinting and checksums.
 *
 * @throws Error it is none, or one of several fonts
 */
export function fromWoff2(file: Uint8Array): Uint8Array {
  const reader = new Reader(file);
  if (reader.u32() !== 0x774f4632) throw new Error('not a WOFF2 file');
  const flavour = reader.u32();
  if (flavour === 0x74746366) throw new Error('a collection of fonts is not read');
  reader.at = 12;
  const count = reader.u16();
  reader.at = 20;
  const compressed = reader.u32();
  reader.at = 48;
  const entries = Array.from({ length: count }, () => readEntry(reader));
  const data = new Reader(brotliDecompressSync(reader.bytes(compressed)));
  const tables = new Map(entries.map(({ tag, length }) => [tag, data.bytes(length)]));
  restore(tables, entries);
  return assemble(flavour, tables);
}
