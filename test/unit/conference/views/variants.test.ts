import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { z } from 'zod';
import { View as ViewSettings } from '../../../../common/contract/room-settings.ts';
import { VideoOutput } from '../../../../common/contract/mix.ts';
import { anyVariant } from '../../../../conference-agent/management/room-rules.ts';
import {
  isSameOutput,
  mainOutput,
  optionalOf,
  outputFor,
  type ViewVideo,
} from '../../../../conference-agent/views/variants.ts';

const none = { resolution: [], framerate: [], bitrate: [], keyFrameInterval: [] };

function videoOf(settings: z.input<typeof ViewSettings>['video'] = {}): ViewVideo {
  const { video } = ViewSettings.parse({ label: 'view', video: settings });
  assert.ok(video !== false);
  return video;
}

describe('what may be asked of a mixed picture', () => {
  const video = videoOf({ parameters: { resolution: { width: 1280, height: 720 }, framerate: 24 } });

  it('are sizes smaller in both directions, each once, and lower rates', () => {
    const { resolution, framerate } = optionalOf(video, anyVariant);
    assert.deepEqual(
      resolution.map(({ width, height }) => `${width}x${height}`),
      ['960x540', '852x480', '640x360', '426x240', '320x180', '800x600', '640x480', '320x240', '352x288'],
    );
    assert.deepEqual(framerate, [6, 12, 15]);
    const names = {
      ...none,
      resolution: ['r640x360', 'x1/2', 'hd720p', 'r1280x360', 'x1/90', 'vga', 'r641x361'],
    };
    assert.deepEqual(optionalOf(video, names).resolution, [
      { width: 640, height: 360 },
      { width: 640, height: 480 },
    ]);
  });

  it('is the main output when nothing is asked, or just what it is', () => {
    const main = mainOutput(video);
    assert.equal(main.key, 'main');
    for (const asked of [undefined, {}, { framerate: 24 }, { bitrate: 'x1.0' }, { bitrate: main.bitrate }]) {
      assert.deepEqual(outputFor(video, { variants: none, asked, field: '' }), main);
    }
    const exact = videoOf({ parameters: { bitrate: 1234.5 } });
    assert.deepEqual(outputFor(exact, { variants: none, field: '' }), mainOutput(exact));
  });

  it('scales the bitrate with size and rate, and by what is asked', () => {
    const at = (asked: object) => outputFor(video, { variants: anyVariant, asked, field: '' }).bitrate;
    const main = mainOutput(video).bitrate;
    assert.equal(at({ framerate: 12 }), Math.round(main / 2));
    assert.equal(at({ resolution: { width: 640, height: 360 } }), Math.round(main / 4));
    assert.equal(at({ bitrate: 'x0.4' }), Math.round(main * 0.4));
    assert.equal(at({ bitrate: 'x0.40', framerate: 6 }), Math.round((main / 4) * 0.4));
  });

  it('has one name for the same values, and another for others', () => {
    const offered = optionalOf(video, anyVariant);
    const asked = fc.record(
      {
        resolution: fc.constantFrom({ width: 1280, height: 720 }, ...offered.resolution),
        framerate: fc.constantFrom(24, ...offered.framerate),
        bitrate: fc.constantFrom('x1', ...offered.bitrate),
        keyFrameInterval: fc.constantFrom(...offered.keyFrameInterval),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(asked, asked, (one, other) => {
        const [a, b] = [one, other].map((values) =>
          VideoOutput.parse(outputFor(video, { variants: anyVariant, asked: values, field: '' })),
        ) as [VideoOutput, VideoOutput];
        assert.equal(a.key === b.key, isSameOutput(a, b));
      }),
    );
  });
});
