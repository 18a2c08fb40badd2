import assert from 'node:assert/strict';
import { nextOf } from '../../../client/admin/src/api/http.ts';
import {
  count,
  formatCodec,
  formatRate,
  formatShare,
  formatSpan,
  shortId,
} from '../../../client/admin/src/model/format.ts';
import { joinLink } from '../../../client/admin/src/model/links.ts';
import { linkTo, readRoute } from '../../../client/admin/src/model/route.ts';
import { readParams } from '../../../client/app/src/params.ts';

describe('words and numbers of the admin page', () => {
  it('gives bitrates in the unit that fits', () => {
    const rates = [0, 850, 64_400, 999_700, 1_254_000, 12_340_000, 456_000_000, 2.5e9];
    assert.deepEqual(rates.map(formatRate), [
      '0',
      '850 bit/s',
      '64 kbit/s',
      '1 Mbit/s',
      '1.25 Mbit/s',
      '12.3 Mbit/s',
      '456 Mbit/s',
      '2.50 Gbit/s',
    ]);
  });

  it('gives loss in percent without hiding a little of it', () => {
    assert.deepEqual([0, 0.0004, 0.004, 0.02, 0.126, 1].map(formatShare), [
      '0 %',
      '<0.1 %',
      '0.4 %',
      '2 %',
      '13 %',
      '100 %',
    ]);
  });

  it('gives spans in their two largest units', () => {
    const spans = [-5, 12_000, 245_000, 3_600_000, 12_000_000, 187_200_000];
    assert.deepEqual(spans.map(formatSpan), ['0 s', '12 s', '4 min', '1 h', '3 h 20 min', '2 d 4 h']);
  });

  it('names codecs as people do', () => {
    assert.equal(formatCodec({ codec: 'h264', profile: 'CB' }), 'H.264 CB');
    assert.deepEqual(
      ['vp8', 'opus', 'av1'].map((codec) => formatCodec({ codec })),
      ['VP8', 'Opus', 'AV1'],
    );
    assert.equal(formatCodec(undefined), '–');
  });

  it('counts one and many, and shortens ids', () => {
    assert.deepEqual([count(1, 'room'), count(0, 'room')], ['1 room', '0 rooms']);
    assert.equal(shortId('0123456789abcdef0123'), '012345678…0123');
    assert.equal(shortId('short'), 'short');
  });
});

describe('addresses of the admin page', () => {
  it('lead to a page and back, whatever the room is called', () => {
    const routes = [
      { page: 'overview' },
      { page: 'rooms' },
      { page: 'room', room: 'a/b ?#%' },
      { page: 'tokens', room: 'demo' },
      { page: 'audit' },
    ] as const;
    for (const route of routes) assert.deepEqual(readRoute(linkTo(route)), route);
    assert.deepEqual(readRoute(''), { page: 'overview' });
    assert.deepEqual(readRoute('#/nowhere'), { page: 'overview' });
    assert.deepEqual(readRoute('#/rooms/%E0%A4%A'), { page: 'room', room: '%E0%A4%A' });
  });

  it('are such that the sample app understands the link with a token', () => {
    const token = 'eyJ+/=.x';
    const link = new URL(joinLink('https://meet.example.org/calls', { room: 'demo', user: 'Ada L', token }));
    assert.equal(link.pathname, '/calls/');
    const { room, user, token: read } = readParams(link.search);
    assert.deepEqual({ room, user, token: read }, { room: 'demo', user: 'Ada L', token });
  });

  it('of the next part of a list stand in the Link header', () => {
    assert.equal(nextOf('</v1/rooms?limit=2&after=b%2Fc>; rel="next"'), 'b/c');
    assert.equal(nextOf('</v1/rooms?after=a>; rel="prev"'), undefined);
    assert.equal(nextOf(null), undefined);
  });
});
