import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { masker, maskUrl } from '../../../../mixer-agent/streaming/mask-url.ts';
import { protocolOf } from '../../../../mixer-agent/streaming/protocols.ts';

describe('addresses shown to people', () => {
  it('hide stream keys, passwords and values of queries', () => {
    const shown = {
      'rtmp://a.example/live/key-123': 'rtmp://a.example/live/***',
      'rtmps://a.example:443/app/deep/key?auth=me&x=y': 'rtmps://a.example:443/app/***?auth=***&x=***',
      'rtmp://a.example/live': 'rtmp://a.example/live',
      'rtsp://user:pass@a.example/stream': 'rtsp://user:***@a.example/stream',
      'rtsp://token@a.example/stream': 'rtsp://***@a.example/stream',
      'srt://a.example:9000?streamid=abc&passphrase=secret':
        'srt://a.example:9000?streamid=***&passphrase=***',
      'https://a.example/live/index.m3u8?sig': 'https://a.example/live/index.m3u8?***',
      'https://u:p@ss@a.example/i.mpd#x': 'https://u:***@a.example/i.mpd',
      'no address': '***',
    };
    for (const [url, masked] of Object.entries(shown)) assert.equal(maskUrl(url), masked);
  });

  it('hide them in other texts, too, also decoded', () => {
    const mask = masker('rtmp://u:pass%21word@a.example/live/key-123?sig=a%2Fbcd');
    assert.equal(
      mask('rtmp://u:pass%21word@a.example/live/key-123?sig=a%2Fbcd: refused'),
      'rtmp://u:***@a.example/live/***?sig=***: refused',
    );
    assert.equal(mask('publish key-123 of pass!word (a/bcd)'), 'publish *** of *** (***)');
  });

  it('never show a long secret, and never fail', () => {
    const word = fc.stringMatching(/^[a-z0-9]{8,20}$/);
    fc.assert(
      fc.property(word, word, word, fc.string(), (key, password, value, text) => {
        const url = `rtmp://user:${password}@host.example/live/${key}?sig=${value}`;
        const mask = masker(url);
        for (const shown of [maskUrl(url), mask(`${text}${url} ${key} ${password} ${value}`)]) {
          for (const secret of [key, password, value]) assert.ok(!shown.includes(secret), shown);
        }
        assert.doesNotThrow(() => maskUrl(text) + masker(text)(text));
      }),
    );
  });
});

describe('protocol of an address', () => {
  it('is guessed from its scheme or the name of its list', () => {
    const guesses = {
      'rtmp://a/b/c': 'rtmp',
      'RTMPS://a/b/c': 'rtmp',
      'rtsp://a/b': 'rtsp',
      'srt://a:1': 'srt',
      'https://a/b/index.m3u8?x=.mpd': 'hls',
      'http://a/b/M.MPD': 'dash',
      'http://a/b': undefined,
      'ftp://a/b.m3u8': undefined,
      x: undefined,
    };
    for (const [url, protocol] of Object.entries(guesses)) assert.equal(protocolOf(url), protocol, url);
  });
});
