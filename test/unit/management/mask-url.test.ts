import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maskIn, maskUrl } from '../../../management-api/egress/mask-url.ts';

/** Long and odd enough not to stand anywhere else by chance. */
const secret = fc.stringMatching(/^Q[A-Za-z0-9_.~-]{7,20}Z$/);

const shapes: readonly ((secret: string) => string)[] = [
  (text) => `rtmp://live.example/app/${text}`,
  (text) => `rtmps://live.example:443/app/${text}?backup=1`,
  (text) => `rtmp://live.example/app/instance/${text}`,
  (text) => `rtsp://ann:${text}@camera.example/live/1`,
  (text) => `rtsp://${text}@camera.example/live/1`,
  (text) => `srt://ingest.example:9000?mode=caller&streamid=${text}&latency=200`,
  (text) => `srt://ingest.example:9000?passphrase=${text}`,
  (text) => `https://cdn.example/live/index.m3u8?${text}`,
  (text) => `https://cdn.example/live/index.mpd?signature=${text}&expires=5`,
  (text) => `https://cdn.example/live/index.m3u8#${text}`,
];

describe('URLs of streams', () => {
  it('are shown without passwords, keys and signatures, wherever these stand', () => {
    fc.assert(
      fc.property(secret, fc.constantFrom(...shapes), (hidden, shape) => {
        const url = shape(hidden);
        assert.ok(!maskUrl(url).includes(hidden), maskUrl(url));
        const said = maskIn(`cannot open ${url}: ${hidden} refused by ${encodeURIComponent(hidden)}`, url);
        assert.ok(!said.includes(hidden), said);
        assert.match(said, /^cannot open .* refused by/);
      }),
    );
  });

  it('stay recognisable', () => {
    for (const [url, shown] of [
      ['rtmp://live.example/app/key', 'rtmp://live.example/app/***'],
      ['rtmp://live.example/app', 'rtmp://live.example/app'],
      ['rtsp://ann:pw@camera.example:554/live/1', 'rtsp://***@camera.example:554/live/1'],
      ['srt://h:9000?mode=caller&streamid=a', 'srt://h:9000?mode=caller&streamid=***'],
      ['https://cdn.example/a.m3u8', 'https://cdn.example/a.m3u8'],
      ['file:///srv/media/a.mp4', 'file:///srv/media/a.mp4'],
      ['nonsense', '***'],
    ] as const) {
      assert.equal(maskUrl(url), shown);
    }
  });

  it('never make it fail', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), fc.string(), (url, text) => {
        assert.equal(typeof maskUrl(url), 'string');
        assert.equal(typeof maskIn(text, url), 'string');
      }),
    );
  });
});
