// @ts-check
import { join } from 'node:path';
import { ensureAptPackages } from './apt.mjs';
import { run } from './command.mjs';
import { Failure } from './failure.mjs';
import { findProgram } from './paths.mjs';
import { fingerprint, readStamp, sameStamp, writeStamp } from './stamp.mjs';

/** Encoders that mixing and recording cannot do without. */
const ENCODERS = ['libx264', 'libvpx', 'libopus'];

/**
 * @typedef {object} Context
 * @property {string} root
 * @property {NodeJS.ProcessEnv} env
 * @property {import('./progress.mjs').Progress} progress
 *
 * @typedef {{ source: string, path: string | undefined }} Candidate
 */

/**
 * @param {Pick<Context, 'root' | 'env'>} context
 * @returns {Candidate[]} where an FFmpeg may be, best first; a path in Portico's configuration comes
 *   before all of these and is checked by the mixer itself
 */
function ffmpegCandidates({ root, env }) {
  return [
    { source: 'FFMPEG_BIN', path: env['FFMPEG_BIN'] || undefined },
    {
      source: 'the package ffmpeg-static',
      path: fingerprint(join(root, 'node_modules/ffmpeg-static/ffmpeg'))?.path,
    },
    { source: 'PATH', path: findProgram('ffmpeg', env) },
  ];
}

/** @param {Candidate[]} candidates the places that exist now, so that a better one is noticed */
const places = (candidates) =>
  candidates.map(({ source, path }) => ({ source, file: fingerprint(path) ?? null }));

/** @param {Context} context */
export function ffmpegReady(context) {
  return sameStamp(readStamp(context.root, 'ffmpeg'), places(ffmpegCandidates(context)));
}

/**
 * Finds an FFmpeg that has what Portico needs; installs the distribution's where there is none.
 *
 * @param {Context} context
 * @param {{ optional: boolean }} need `optional`: go on without, saying what will be missing
 */
export async function ensureFfmpeg(context, { optional }) {
  if (ffmpegReady(context)) return;
  try {
    await obtain(context);
    writeStamp(context.root, 'ffmpeg', places(ffmpegCandidates(context)));
  } catch (error) {
    if (!optional || !(error instanceof Failure)) throw error;
    context.progress.note(`mixing, recording and streaming will not work: ${error.message}.`);
    for (const line of [...error.why.split('\n'), ...error.fix]) context.progress.note(`  ${line}`);
  }
}

/** @param {Context} context */
async function obtain(context) {
  const first = await firstGood(context);
  if (first.found) return announce(context, first.found);
  const what = 'there is no usable FFmpeg';
  const tried = `${first.why}\n(looked at: the configured path, FFMPEG_BIN, ffmpeg-static, ffmpeg on PATH)`;
  try {
    await ensureAptPackages(context, { packages: ['ffmpeg'], what, purpose: 'for mixing and recording' });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure({ what, why: `${tried}\n${error.why}`, fix: error.fix });
  }
  const second = await firstGood(context);
  if (second.found) return announce(context, second.found);
  throw new Failure({
    what,
    why: second.why,
    fix: ['name one that has them:', '  FFMPEG_BIN=/path/to/ffmpeg npm start'],
  });
}

/** @param {Context} context @param {Candidate} found */
function announce({ progress }, found) {
  progress.note(`FFmpeg: ${found.path} (${found.source})`);
}

/**
 * @param {Context} context
 * @returns {Promise<{ found?: Candidate, why: string }>}
 */
async function firstGood(context) {
  /** @type {string[]} */
  const reasons = [];
  for (const candidate of ffmpegCandidates(context)) {
    if (candidate.path === undefined) continue;
    const why = await whyUnfit(candidate.path, context.env);
    if (why === undefined) return { found: candidate, why: '' };
    reasons.push(`${candidate.path} (${candidate.source}) ${why}.`);
  }
  return { why: reasons.join('\n') || 'none was found.' };
}

/** @param {string} path @param {NodeJS.ProcessEnv} env @returns {Promise<string | undefined>} */
async function whyUnfit(path, env) {
  /** @type {Set<string>} */
  const encoders = new Set();
  const outcome = await run(path, ['-hide_banner', '-encoders'], {
    env,
    timeoutMs: 20_000,
    onLine: (line) => void encoders.add(line.trim().split(/\s+/)[1] ?? ''),
  });
  if (outcome.unstartable !== undefined) return `cannot be started (${outcome.unstartable})`;
  if (outcome.code !== 0) return `ended with code ${outcome.code}`;
  const missing = ENCODERS.filter((name) => !encoders.has(name));
  return missing.length > 0 ? `lacks ${missing.join(', ')}` : undefined;
}
