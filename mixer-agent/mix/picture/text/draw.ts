import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mask } from '../mask.ts';
import { fontFile, fontOf, type FontName } from './font.ts';

/** A text to be drawn. */
export interface TextWish {
  readonly text: string;
  readonly font: FontName;
  /** Font size in pixels. */
  readonly size: number;
}

/** A drawn text, without empty rows and columns around it. */
export interface TextMask extends Mask {
  /** Row on which the letters stand; may lie outside. */
  readonly baseline: number;
}

interface Line {
  wish: TextWish;
  top: number;
  height: number;
}

interface Sheet {
  width: number;
  height: number;
  lines: Line[];
}

/** Folders of runs. */
const prefix = 'portico-text-';
/** No run takes that long, ms. */
const abandonedMs = 60_000;

/** Below and above the baseline there is room for everything that the fonts have (-0.46 to 1.23 em). */
const lineHeight = 2;
const ascent = 1.35;

/** Lines below each other, each far enough from the next. */
function sheetOf(wishes: readonly TextWish[]): Sheet {
  const lines: Line[] = [];
  let [width, top] = [16, 0];
  for (const wish of wishes) {
    const height = Math.ceil(wish.size * lineHeight);
    lines.push({ wish, top, height });
    top += height;
    width = Math.max(width, fontOf(wish.font).width(wish.text, wish.size) + 2 * wish.size);
  }
  return { width: 2 * Math.ceil(width / 2), height: 2 * Math.ceil(top / 2), lines };
}

const baselineOf = ({ wish }: Line): number => Math.round(wish.size * ascent);

/** Texts and fonts are files in the folder in which FFmpeg runs: nothing of a name is ever part of a filter. */
function filterOf({ lines }: Sheet): string {
  return lines
    .map((line, index) =>
      [
        `drawtext=fontfile=${line.wish.font}.ttf`,
        `textfile=${index}.txt`,
        'expansion=none',
        'fontcolor=white',
        `fontsize=${line.wish.size}`,
        `x=${line.wish.size}`,
        `y=${line.top + baselineOf(line)}-ascent`,
      ].join(':'),
    )
    .join(',');
}

async function prepare(folder: string, { lines }: Sheet): Promise<void> {
  const fonts = new Set(lines.map(({ wish }) => wish.font));
  for (const font of fonts) await symlink(fontFile(font), join(folder, `${font}.ttf`));
  for (const [index, { wish }] of lines.entries()) {
    await writeFile(join(folder, `${index}.txt`), wish.text, { mode: 0o600 });
  }
}

interface Run {
  ffmpeg: string;
  folder: string;
  sheet: Sheet;
  signal: AbortSignal;
}

/** @returns the sheet in RGB */
function run({ ffmpeg, folder, sheet, signal }: Run): Promise<Buffer> {
  const { width, height } = sheet;
  const args = [
    ...['-v', 'error', '-nostdin', '-threads', '1', '-filter_threads', '1'],
    ...['-f', 'lavfi', '-i', `color=c=black:s=${width}x${height}:r=1:d=1,format=rgb24`],
    ...['-vf', filterOf(sheet), '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
  ];
  return new Promise((resolve, reject) => {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const child = spawn(ffmpeg, args, { cwd: folder, signal, killSignal: 'SIGKILL', stdio });
    const picture: Buffer[] = [];
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => picture.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-500);
    });
    child.once('error', reject);
    child.once('close', () => {
      const data = Buffer.concat(picture);
      if (data.length === width * height * 3) resolve(data);
      else reject(new Error(`FFmpeg drew no text: ${complaint.trim()}`));
    });
  });
}

/** Cuts a line out of the sheet. */
function cut(data: Uint8Array, { width }: Sheet, line: Line): TextMask {
  let [left, right, top, bottom] = [width, -1, line.height, -1];
  for (let y = 0; y < line.height; y += 1) {
    const row = 3 * (line.top + y) * width;
    for (let x = 0; x < width; x += 1) {
      if (data[row + 3 * x] === 0) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (right < 0) return { width: 0, height: 0, baseline: 0, data: new Uint8Array() };
  const size = { width: right - left + 1, height: bottom - top + 1 };
  const mask = new Uint8Array(size.width * size.height);
  for (let y = 0; y < size.height; y += 1) {
    const row = 3 * ((line.top + top + y) * width + left);
    for (let x = 0; x < size.width; x += 1) mask[y * size.width + x] = data[row + 3 * x] as number;
  }
  return { ...size, baseline: baselineOf(line) - top, data: mask };
}

/**
 * Draws texts with one run of FFmpeg (`drawtext`).
 *
 * @returns their masks in the same order; of 0 x 0 where nothing is to be seen
 */
export async function drawTexts(
  wishes: readonly TextWish[],
  { ffmpeg, signal }: Pick<Run, 'ffmpeg' | 'signal'>,
): Promise<TextMask[]> {
  const sheet = sheetOf(wishes);
  const folder = await mkdtemp(join(tmpdir(), prefix));
  try {
    await prepare(folder, sheet);
    const data = await run({ ffmpeg, folder, sheet, signal });
    return sheet.lines.map((line) => cut(data, sheet, line));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what processes left that were killed while they drew. */
export async function sweepAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    const made = await stat(folder).catch(() => undefined);
    if (made === undefined || Date.now() - made.mtimeMs < abandonedMs) continue;
    // It may be somebody else's.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
