import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StreamId } from '../../../../common/contract/ids.ts';
import type { Layout, WantedLayout } from '../../../../common/contract/layout.ts';
import { checkLayout } from '../../../../common/layout/check.ts';
import { toPixels } from '../../../../common/layout/pixels.ts';
import { ViewLayout } from '../../../../common/layout/view-layout.ts';
import type { Picture, Rectangle } from '../../../../mixer-agent/mix/media.ts';
import { colours } from '../../../../mixer-agent/mix/picture/colour.ts';
import { Compositor } from '../../../../mixer-agent/mix/picture/compositor.ts';
import { labelMeasures } from '../../../../mixer-agent/mix/picture/measures.ts';
import { canvasOf, pixelOf, quiet, tileOf } from '../../../support/pictures.ts';
import { until } from '../../../support/until.ts';

/** Where the composed pictures are written, as PNG, for whoever wants to look at them. */
const folder = process.env.PORTICO_SHEETS;
const counts = folder === undefined ? [2, 16] : [1, 2, 4, 9, 16];

const size = { width: 1280, height: 720 };
const canvas = {
  ...canvasOf(size),
  background: { r: 18, g: 20, b: 24 },
  fit: 'crop' as const,
  labels: true,
  speakingMark: true,
};

const names = [
  ...[
    'Ada Lovelace',
    'Ольга Петрова',
    '李小龙',
    'محمد علي',
    'नरेंद्र शर्मा',
    '김철수',
    'Grace Hopper 🚀',
    'สมชาย ใจดี',
  ],
  ...['גבריאל כהן', '山田 さくら', 'Σωκράτης', 'Bartholomew Featherstonehaugh-Cholmondeley', 'தமிழ்', 'Zoë'],
  ...['ქეთევან', 'Nguyễn Phương Thảo'],
];
const streams = names.map((_, index) => StreamId.parse(`s${index}`));

const region = (id: string, area: [string, string, string, string]): WantedLayout[number]['region'] => ({
  id,
  shape: 'rectangle',
  area: { left: area[0], top: area[1], width: area[2], height: area[3] },
});

/** One over the whole picture, the others on top of it along its right and lower sides. */
const onTop = [
  region('main', ['0', '0', '1', '1']),
  ...Array.from({ length: 15 }, (_, index) => {
    const [column, row] = [3 - Math.floor(index / 4), index % 4];
    return region(`r${index}`, [`${6 * column + 1}/25`, `${6 * row + 1}/25`, '1/5', '1/5']);
  }),
];

function layoutOf(kind: string, count: number): Layout {
  const base = kind === 'lecture' ? 'lecture' : 'fluid';
  const view = new ViewLayout({ maxInput: 16, templates: { base, custom: [] } });
  const inputs = streams.slice(0, count);
  for (const stream of inputs) view.add(stream);
  if (kind === 'custom') {
    const wanted = onTop.slice(0, count).map((one, index) => ({ stream: inputs[index], region: one }));
    view.setLayout(checkLayout(wanted, { isMixed: () => true }));
  }
  return view.layout;
}

/** A picture with structure, as a camera would send. */
const camera = (filter: string): Picture => ({
  ...size,
  data: execFileSync(
    'ffmpeg',
    [
      ...['-v', 'error', '-f', 'lavfi', '-i', `${filter}:s=1280x720,format=yuv420p`],
      ...['-frames:v', '1', '-f', 'rawvideo', 'pipe:1'],
    ],
    { maxBuffer: 1 << 24 },
  ),
});

function write({ width, height, data }: Picture, name: string): void {
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const format = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...format, '-i', 'pipe:0', join(folder, `${name}.png`)], {
    input: data,
  });
}

/** Pixels as bright as letters in the corner where the name is. */
function ink(picture: Picture, { left, top, width, height }: Rectangle): number {
  const measures = labelMeasures({ width, height });
  if (measures === undefined) return Infinity;
  const { margin, barHeight } = measures;
  const line = top + height - margin - (barHeight >> 1);
  let count = 0;
  for (let y = line - 6; y < line + 6; y += 1) {
    for (let x = left + margin; x < left + width - margin; x += 1) {
      if (pixelOf(picture, x, y).y > colours.text.y - 30) count += 1;
    }
  }
  return count;
}

describe('whole pictures of a mix', function () {
  this.timeout(60_000);
  let cameras: Picture[];
  before(() => {
    cameras = ['testsrc2=r=25', 'smptehdbars=r=25', 'mandelbrot=maxiter=200', 'gradients=seed=3'].map(camera);
  });

  for (const kind of ['fluid', 'lecture', 'custom']) {
    for (const count of counts) {
      it(`have a readable name in every region: ${kind} with ${count}`, async () => {
        const mix = new Compositor({ holdMs: 60_000, log: quiet });
        const shown = layoutOf(kind, count).filter(({ stream }) => stream !== undefined);
        const tiles = shown.map(({ stream, region: { area } }, index) => ({
          ...tileOf(stream ?? '', toPixels(area, size), { name: names[index] ?? '' }),
          muted: index % 3 === 2,
        }));
        mix.set({ canvas, tiles });
        const speaker = streams[count === 1 ? 0 : 1];
        let at = 0;
        const compose = (): Picture => {
          if (speaker !== undefined) mix.speaking([speaker]);
          return mix.compose((at += 1));
        };
        for (const [index, { stream, muted }] of tiles.entries()) {
          if (!muted) mix.picture(stream, cameras[index % cameras.length] as Picture);
        }
        const inks = () => {
          const picture = compose();
          return tiles.map(({ rectangle }) => ink(picture, rectangle));
        };
        // A bright picture has bright pixels before there is a name: its bar takes them.
        const bare = inks();
        const isNamed = (now: number, index: number) => now !== bare[index] || now === Infinity;
        await until(() => inks().every(isNamed), { what: 'all names', timeoutMs: 30_000 });
        write(compose(), `${kind}-${String(count).padStart(2, '0')}`);
        assert.equal(tiles.length, count);
        mix.close();
      });
    }
  }
});
