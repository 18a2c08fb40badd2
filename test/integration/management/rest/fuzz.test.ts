import assert from 'node:assert/strict';
import fc from 'fast-check';
import { errorCodes } from '../../../../common/contract/errors.ts';
import { silentLogger } from '../../../../common/observe/log.ts';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { sharedPostgres } from '../../../support/postgres.ts';
import { thorough } from '../../../support/thorough.ts';
import { participant, stream } from './samples.ts';
import { Stage, type RegisteredRoute } from './stage.ts';

const room = 'fuzzed';
const media = { audio: { from: 's1', format: { codec: 'opus' } }, video: false };
const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });

const region = { id: '1', shape: 'rectangle', area: { left: '0', top: '0', width: '1/2', height: 1 } };
const view = {
  label: 'v',
  video: {
    parameters: { resolution: { width: 640, height: 480 }, framerate: 24 },
    layout: { templates: { base: 'lecture', custom: [{ region: [region] }] } },
  },
};

/** Bodies that are right, to be spoiled. Every route with a body needs some. */
const bodies: Record<string, unknown[]> = {
  'POST /rooms': [
    { name: 'x', options: { participantLimit: 3, roles: [{ role: 'a', publish: { audio: true } }] } },
    { name: 'x', options: { autoMix: true, views: [view] } },
  ],
  'PUT /rooms/:room': [
    { name: 'x', mediaIn: { audio: [{ codec: 'opus' }] }, notifying: { streamChange: false } },
    { views: [view, { label: 'sound', video: false }] },
  ],
  'PATCH /rooms/:room': [
    { name: 'x', mediaOut: { video: { parameters: { framerate: [6, 12] } } }, sip: null },
  ],
  'PATCH /rooms/:room/participants/:participant': [
    [
      replace('/permission/publish', { audio: true, video: false }),
      replace('/permission/subscribe/audio', true),
    ],
  ],
  'PATCH /rooms/:room/streams/:stream': [
    [replace('/media/audio/status', 'inactive')],
    [{ op: 'add', path: '/info/inViews', value: 'common' }],
    [replace('/info/layout/0/stream', 's1')],
    [replace('/info/layout', [{ region }])],
  ],
  'PATCH /rooms/:room/views/:view': [
    { template: 'lecture' },
    { layout: [{ stream: 's1', region }] },
    { stream: 's1', region: '1' },
    { stream: 's1', index: 0 },
  ],
  'POST /rooms/:room/streaming-ins': [
    { connection: { url: 'rtsp://x', loop: true }, media: { audio: 'auto', video: true } },
  ],
  'POST /rooms/:room/streaming-outs': [
    { url: 'rtmp://x', protocol: 'rtmp', media },
    { protocol: 'hls', parameters: { hlsTime: 2, hlsListSize: 3 }, media },
  ],
  'PATCH /rooms/:room/streaming-outs/:id': [[replace('/media/video/parameters/framerate', 30)]],
  'POST /rooms/:room/recordings': [{ container: 'auto', media }],
  'PATCH /rooms/:room/recordings/:id': [[replace('/media/audio/from', 's1')]],
  'POST /rooms/:room/analytics': [{ algorithm: 'a', media }],
  'POST /rooms/:room/sipcalls': [
    { peerURI: 'sip:x', mediaIn: { audio: true, video: false }, mediaOut: media },
  ],
  'PATCH /rooms/:room/sipcalls/:id': [[replace('/output/media/audio/from', 's1')]],
  'POST /rooms/:room/cascading': [{ a: { b: [1] } }],
  'POST /rooms/:room/tokens': [{ user: 'ann', role: 'viewer', lifetime: 9, attributes: { a: 1 } }],
  'POST /revocations': [
    { user: 'ann', room },
    { token: 't', room },
  ],
  'POST /webhooks': [{ url: 'http://127.0.0.1:9/x', events: ['room_started'], enabled: true }],
  'PATCH /webhooks/:id': [{ enabled: false }],
  'POST /webhooks/:id/test': [{}],
  'POST /webhooks/deliveries/:id/retry': [{}],
  'POST /services/:id/key': [{ key: 'k'.repeat(40) }],
  'POST /services': [{ name: 'x', key: 'k'.repeat(40) }],
};

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    null,
    '',
    'x'.repeat(3_000),
    -1,
    1e300,
    0.5,
    [],
    {},
    true,
    '\u0000',
    '__proto__',
    '../..',
    '💥',
  ),
);

/** A value that differs from the given one in a place. */
function spoiled(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return odd;
  const keys = Object.keys(value);
  const added = fc.tuple(fc.string(), odd).map(([key, more]) => with_(value, key, more));
  const changes = keys.map((key) => {
    const inner = spoiled((value as Record<string, unknown>)[key]);
    return fc.oneof(
      inner.map((other) => with_(value, key, other)),
      fc.constant(without(value, key)),
    );
  });
  return fc.oneof(odd, added, ...changes);
}

function with_(value: object, key: string, other: unknown): unknown {
  if (Array.isArray(value))
    return Number(key) in value ? value.with(Number(key), other) : [...(value as unknown[]), other];
  return Object.fromEntries([...Object.entries(value), [key, other]]);
}

const without = (value: object, key: string): unknown =>
  Array.isArray(value)
    ? value.toSpliced(Number(key), 1)
    : Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('%00', '%2fx', '"', '$', '2147483648', 'x'.repeat(90)),
);

const streams = fc.constantFrom('s1', `${room}-common`);

for (const engine of ['sqlite', 'postgres'] as const) {
  describe(`management REST: nonsense (${engine})`, () => {
    const errors: unknown[] = [];
    before(async function () {
      this.timeout(60_000); // the first one starts the server
      if (engine === 'postgres') await sharedPostgres();
    });
    const stage = useStoppable(async () => {
      const log = Object.assign(Object.create(silentLogger) as typeof silentLogger, {
        error: (...args: unknown[]) => errors.push(args),
      });
      const database = engine === 'postgres' ? await (await sharedPostgres()).createDatabase() : undefined;
      const started = await Stage.start({ log, ...(database === undefined ? {} : { database }) });
      await started.request('POST', '/v1/rooms', { body: { name: room, id: room } });
      await started.agent.own(room, {
        participants: [participant('p1')],
        streams: [{ info: stream('s1') }],
        views: ['common'],
      });
      return started;
    });

    /** What is stored of rooms and services. */
    const picture = async () => {
      const paths = ['/v1/rooms', '/services', '/v1/webhooks', '/v1/revocations', '/v1/tokens?limit=1000'];
      return await Promise.all(paths.map(async (path) => (await stage().request('GET', path)).text));
    };

    async function send(route: Pick<RegisteredRoute, 'method' | 'url'>, path: string, body?: unknown) {
      const answer = await stage().request<Problem>(route.method, path, body === undefined ? {} : { body });
      const what = `${route.method} ${path} ${JSON.stringify(body)}: ${answer.text.slice(0, 500)}`;
      assert.ok(answer.status < 500 || answer.status === 501, what);
      assert.deepEqual(errors, [], what);
      // Escapes that are none are refused by the server around the API, before it looks for a route.
      if (answer.status < 400 || answer.body.code === 'FST_ERR_BAD_URL') return answer;
      assert.ok(Object.hasOwn(errorCodes, answer.body.code), what);
      assert.equal(errorCodes[answer.body.code as keyof typeof errorCodes].http, answer.status, what);
      return answer;
    }

    const ours = () =>
      stage().routes.filter(
        ({ method, url, hidden }) =>
          /^\/(v1|services)(\/|$)/.test(url) && !hidden && method !== 'HEAD' && method !== 'OPTIONS',
      );
    const keyOf = ({ method, url }: RegisteredRoute) => `${method} ${url.replace(/^\/v1/, '')}`;

    it('in a body is refused by name or taken as it is, and a refusal changes nothing', async () => {
      const withBody = ours().filter(
        ({ method, url }) => /^P/.test(method) && !url.startsWith('/v1/services'),
      );
      for (const route of withBody) {
        const samples = bodies[keyOf(route)];
        assert.ok(samples !== undefined, `no sample of a body of ${keyOf(route)}`);
        const named = route.url
          .replace(':room', room)
          .replace(':participant', 'p1')
          .replace(':view', 'common');
        let known = await picture();
        await fc.assert(
          fc.asyncProperty(streams, fc.oneof(...samples.map(spoiled)), async (to, body) => {
            const path = named.replace(':stream', to).replace(/:\w+/, 'x');
            const answer = await send(route, path, body);
            const after = await picture();
            if (answer.status >= 400) assert.deepEqual(after, known, JSON.stringify(body));
            known = after;
          }),
          { numRuns: thorough ? 200 : 12 },
        );
      }
    }).timeout(120_000);

    it('in a path or query finds nothing', async () => {
      for (const route of ours()) {
        await fc.assert(
          fc.asyncProperty(text, text, fc.boolean(), async (one, two, escaped) => {
            const word = escaped ? encodeURIComponent(one) : one.replaceAll(/[^\w%$-]/g, '');
            const path = route.url.replaceAll(/:\w+/g, () => (word === '' ? 'x' : word));
            const query = new URLSearchParams({
              limit: two,
              after: one,
              page: two,
              state: one,
              room: two,
              user: one,
            });
            await send(route, route.method === 'GET' ? `${path}?${query}` : path);
          }),
          { numRuns: thorough ? 200 : 8 },
        );
      }
    }).timeout(120_000);
  });
}
