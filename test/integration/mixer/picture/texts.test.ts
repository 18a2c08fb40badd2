import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  drawTexts,
  sweepAbandoned,
  type TextMask,
  type TextWish,
} from '../../../../mixer-agent/mix/picture/text/draw.ts';
import { fontOf } from '../../../../mixer-agent/mix/picture/text/font.ts';
import { displayName } from '../../../../mixer-agent/mix/picture/text/names.ts';
import { Texts } from '../../../../mixer-agent/mix/picture/text/texts.ts';
import { quiet } from '../../../support/pictures.ts';
import { until } from '../../../support/until.ts';

const wish = (text: string, size = 20): TextWish => ({ text, font: 'name', size });
const signal = new AbortController().signal;
const draw = (...texts: string[]): Promise<TextMask[]> =>
  drawTexts(
    texts.map((text) => wish(text)),
    { ffmpeg: 'ffmpeg', signal },
  );

describe('drawn texts', () => {
  it('are as wide as the font says, and smooth', async () => {
    const names = ['Ada Lovelace', 'Ольга Петрова', 'Σωκράτης', 'Þórunn Ægisdóttir', 'mmmmmiiiii'];
    const masks = await draw(...names);
    for (const [index, { width, data }] of masks.entries()) {
      const expected = fontOf('name').width(names[index] ?? '', 20);
      assert.ok(width <= expected + 1 && width > expected * 0.9, `${names[index]}: ${width}, ${expected}`);
      assert.equal(Math.max(...data), 255);
      assert.ok(data.some((cover) => cover > 50 && cover < 200));
    }
  });

  it('stand on their baseline, with and without descenders', async () => {
    const [plain, deep, high] = await draw('x', 'xg', 'xÁ');
    assert.ok(plain && deep && high);
    assert.ok(Math.abs(plain.height - plain.baseline) <= 1);
    assert.ok(deep.height - deep.baseline >= 3);
    assert.ok(Math.abs(high.height - high.baseline) <= 1 && high.baseline > plain.baseline);
  });

  it('never are commands, whatever a name holds', async () => {
    const hostile = [
      '%{pts}',
      "a':text=b",
      'x,drawtext=textfile=/etc/passwd',
      '\\%{expr:1}[out];[in]',
      '$(touch x) `id` | ;',
      '../../etc/passwd',
      '100 % "quoted"',
    ];
    const masks = await draw(...hostile);
    for (const [index, { width }] of masks.entries()) {
      const expected = fontOf('name').width(hostile[index] ?? '', 20);
      assert.ok(Math.abs(width - expected) < 0.08 * expected, `${hostile[index]}: ${width}, ${expected}`);
    }
  });

  it('are drawn from right to left, joined, and without what has no picture', async () => {
    const names = ['محمد علي', 'גבריאל כהן', '李小龙 x', '\u200d', 'नमस्ते', '🎉🎉'];
    const masks = await draw(...names, displayName(`a${'\u0301'.repeat(50)}b`));
    assert.equal(masks.length, 7);
    for (const { width, height, data } of masks) assert.equal(data.length, width * height);
    assert.ok((masks[0]?.width ?? 0) > 40);
  });

  it('leave no folder behind, also when FFmpeg cannot be run or a process was killed', async () => {
    const [folder, usual] = [mkdtempSync(join(tmpdir(), 'portico-test-')), process.env.TMPDIR];
    process.env.TMPDIR = folder;
    try {
      await draw('a');
      await assert.rejects(drawTexts([wish('a')], { ffmpeg: '/nonexistent/ffmpeg', signal }));
      await assert.rejects(drawTexts([wish('a')], { ffmpeg: '/bin/false', signal }));
      assert.deepEqual(readdirSync(folder), []);
      for (const [name, age] of [
        ['portico-text-old', 100],
        ['portico-text-new', 1],
        ['other', 100],
      ] as const) {
        mkdirSync(join(folder, name));
        utimesSync(join(folder, name), Date.now() / 1000 - age, Date.now() / 1000 - age);
      }
      await sweepAbandoned();
      assert.deepEqual(readdirSync(folder).sort(), ['other', 'portico-text-new']);
    } finally {
      if (usual === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = usual;
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('texts that are kept', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portico-test-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** FFmpeg, whose runs leave a line each. */
  function counting(fails = ''): { ffmpeg: string; runs: () => number } {
    const ffmpeg = join(folder, 'ffmpeg.sh');
    const log = join(folder, 'runs');
    writeFileSync(log, '');
    writeFileSync(ffmpeg, `#!/bin/sh\necho run >> '${log}'\n${fails}\nexec ffmpeg "$@"\n`);
    chmodSync(ffmpeg, 0o700);
    return { ffmpeg, runs: () => Number(execFileSync('wc', ['-l'], { input: execFileSync('cat', [log]) })) };
  }

  it('are drawn once, many in one run, and nobody waits for them', async () => {
    const { ffmpeg, runs } = counting();
    const texts = new Texts({ ffmpeg, log: quiet });
    const wishes = Array.from({ length: 10 }, (_, index) => wish(`name ${index}`));
    for (const one of [...wishes, ...wishes]) assert.equal(texts.get(one), undefined);
    assert.equal(texts.revision, 0);
    await until(() => texts.revision > 0);
    for (const one of wishes) assert.ok((texts.get(one)?.width ?? 0) > 10);
    assert.equal(runs(), 1);
    texts.close();
  });

  it('come later when FFmpeg has failed', async () => {
    const marker = join(folder, 'failed');
    const { ffmpeg, runs } = counting(`[ -e '${marker}' ] || { touch '${marker}'; exit 1; }`);
    let warnings = 0;
    const texts = new Texts({ ffmpeg, log: { ...quiet, warn: () => (warnings += 1) } });
    const wishes = [wish('a'), wish('b')];
    for (const one of wishes) texts.get(one);
    await until(() => wishes.every((one) => texts.get(one) !== undefined), { timeoutMs: 20_000 });
    assert.deepEqual([warnings, runs()], [1, 3]);
    texts.close();
  });

  it('are forgotten when there are very many, and nothing runs on after the end', async () => {
    const texts = new Texts({ ffmpeg: 'ffmpeg', log: quiet });
    for (let index = 0; index < 40; index += 1) texts.get(wish(`name ${index}`, 12));
    await until(() => texts.revision > 0);
    texts.close();
    assert.equal(texts.get(wish('late')), undefined);
    const { revision } = texts;
    await draw('something else');
    assert.equal(texts.revision, revision);
  });
});
