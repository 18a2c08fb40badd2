import assert from 'node:assert/strict';
import { errorCodes } from '../../../../common/contract/errors.ts';
import type { Problem } from '../../../../management-api/schemas/common.ts';
import { useStoppable } from '../../../support/fixture.ts';
import { onBothEngines } from './engines.ts';
import { bearer, mauth, otherService, superService, type RegisteredRoute } from './stage.ts';

interface Operation {
  summary?: string;
  'x-error-codes'?: string[];
  responses: Record<string, unknown>;
}

interface Document {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
}

const room = 'guarded';

/** A path of a route, with something in place of its parameters. */
const filled = ({ url }: RegisteredRoute) => url.replace(':room', room).replaceAll(/:\w+/g, 'x');
const nameOf = (route: RegisteredRoute) => `${route.method} ${route.url}`;

onBothEngines('management REST: every route', (start) => {
  const stage = useStoppable(async () => {
    const started = await start();
    await started.addOther();
    await started.request('POST', '/v1/rooms', { body: { name: room, id: room } });
    return started;
  });
  const isApi = ({ url, method }: RegisteredRoute) =>
    /^\/(v1|v1\.1|services)(\/|$)/.test(url) && method !== 'OPTIONS';
  const routes = () => stage().routes.filter(isApi);
  const call = (route: RegisteredRoute, authorization: string) =>
    stage().request<Problem>(route.method, filled(route), { authorization });

  /** All routes a few at a time, as each refusal is delayed. */
  const each = async (check: (route: RegisteredRoute) => Promise<void>) => {
    const waiting = [...routes()];
    assert.ok(waiting.length > 100);
    const worker = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await check(next);
    };
    await Promise.all(Array.from({ length: 20 }, worker));
  };

  const wrongKey = { id: superService.id, key: 'w'.repeat(40) };
  const refusals: [string, () => string][] = [
    ['without credentials', () => ''],
    ['with a wrong key', () => bearer(wrongKey)],
    ['with a wrong key by MAuth', () => mauth(wrongKey)],
    ['with an expired token', () => bearer(superService, { exp: Math.floor(Date.now() / 1000) - 120 })],
    ['with an old signature', () => mauth(superService, { at: Date.now() - 600_000 })],
    ['of a service that is not known', () => bearer({ id: 'nobody', key: superService.key })],
  ];
  for (const [how, header] of refusals) {
    it(`answers 401 ${how}`, async () => {
      await each(async (route) => {
        assert.equal((await call(route, header())).status, 401, nameOf(route));
      });
    }).timeout(30_000);
  }

  it('answers 401 to a signature that was used before', async () => {
    const header = mauth(superService);
    assert.equal((await stage().request('GET', '/v1/rooms', { authorization: header })).status, 200);
    await each(async (route) => {
      assert.equal((await call(route, header)).status, 401, nameOf(route));
    });
  }).timeout(30_000);

  it('does not let another service touch a room', async () => {
    const before = await stage().request('GET', `/v1/rooms/${room}`);
    for (const route of routes().filter(({ url }) => url.includes(':room'))) {
      const answer = await call(route, bearer(otherService));
      // A body that is not there is refused before the room is looked at.
      assert.ok([400, 404].includes(answer.status), `${nameOf(route)}: ${answer.status}`);
      if (route.method === 'GET' || route.method === 'DELETE') {
        assert.equal(answer.body.error?.code, 1003, nameOf(route));
      }
    }
    assert.equal((await stage().request('GET', `/v1/rooms/${room}`)).text, before.text);
  });

  it('stands in /openapi.json, with a sentence, and with errors that are in the registry', async () => {
    const { body } = await stage().request<Document>('GET', '/openapi.json', { authorization: '' });
    assert.match(body.openapi, /^3\.1/);
    assert.equal(body.info.version, '1.2.3');
    for (const route of routes()) {
      if (route.method === 'HEAD' || route.hidden) continue;
      const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
      const operation = body.paths[path]?.[route.method.toLowerCase()];
      assert.ok(operation?.summary !== undefined, `${nameOf(route)} is not documented`);
      const codes = operation['x-error-codes'] ?? [];
      assert.ok(codes.length > 0, nameOf(route));
      for (const code of codes) assert.ok(Object.hasOwn(errorCodes, code), `${nameOf(route)}: ${code}`);
    }
  });

  it('has a twin with a slash at its end', () => {
    const paths = new Set(stage().routes.map(nameOf));
    for (const route of routes()) {
      if (route.method === 'HEAD' || route.url.endsWith('/')) continue;
      assert.ok(paths.has(`${nameOf(route)}/`), nameOf(route));
    }
  });

  it('is the same at v1 and v1.1', () => {
    const of = (prefix: string) =>
      routes()
        .filter(({ url }) => url.startsWith(`${prefix}/`))
        .map((route) => nameOf(route).replace(prefix, ''))
        .sort();
    assert.deepEqual(of('/v1.1'), of('/v1'));
  });

  it('answers 501 where the engine is not there, after a look at the request', async () => {
    const media = { audio: { from: 's1' }, video: false };
    const bodies: Record<string, object> = {
      analytics: { algorithm: 'a', media },
      sipcalls: { peerURI: 'sip:x', mediaIn: { audio: true, video: false }, mediaOut: media },
      cascading: {},
    };
    for (const [noun, body] of Object.entries(bodies)) {
      const post = (to: string, sent: unknown) =>
        stage().request<Problem>('POST', `/v1/rooms/${to}/${noun}`, {
          body: sent,
          as: to === room ? superService : otherService,
        });
      const refused = await post(room, body);
      assert.deepEqual([refused.status, refused.body.code, refused.body.field], [501, 'not_supported', noun]);
      assert.equal((await post(room, 7)).status, 400, noun);
      assert.equal((await post('none', body)).status, 404, noun);
      if (noun === 'cascading') continue;
      assert.equal((await stage().request('GET', `/v1/rooms/${room}/${noun}`)).status, 501);
      assert.equal((await stage().request('DELETE', `/v1/rooms/${room}/${noun}/x`)).status, 501);
    }
    assert.equal((await stage().request('GET', `/v1/rooms/${room}/bridges`)).status, 501);
  });
});

onBothEngines('management REST: around the routes', (start) => {
  const stage = useStoppable(() => start({ management: { cors: ['https://admin.example'] } }));

  it('answers unknown paths below its prefixes with a problem, and leaves others alone', async () => {
    for (const path of ['/v1/nothing', '/v1.1/nothing/at/all', '/services/a/b', '/v1']) {
      const answer = await stage().request<Problem>('GET', path);
      assert.deepEqual([answer.status, answer.body.code], [404, 'not_found'], path);
      assert.match(answer.headers.get('content-type') ?? '', /problem\+json/);
    }
    const foreign = await stage().request('GET', '/elsewhere');
    assert.doesNotMatch(foreign.headers.get('content-type') ?? '', /problem/);
    const preflight = await stage().request('OPTIONS', '/sample/tokens', {
      headers: { origin: 'https://admin.example', 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.headers.get('access-control-allow-origin'), null);
  });

  it('refuses bodies that it cannot read, in so many words', async () => {
    const post = (body: string, type = 'application/json') =>
      stage().request<Problem>('POST', '/v1/rooms', { body, headers: { 'content-type': type } });
    const broken = await post('{"name":');
    assert.deepEqual(broken.body.error, { code: 1201, message: 'Failed to parse JSON body' });
    assert.equal((await post('{"name":"x","__proto__":{"a":1}}')).status, 400);
    assert.equal((await post('{"name":"x","\\u005f_proto__":{"a":1}}')).status, 400);
    assert.match((await post('{"name":"a\\u0000b"}')).body.detail, /NUL/);
    assert.equal((await post('{"name":"a\\\\u0000b"}')).status, 200, 'an escaped backslash is no NUL');
    assert.match((await post('name=%00', 'application/x-www-form-urlencoded')).body.detail, /NUL/);
    assert.equal((await stage().request('GET', '/v1/audit?room=%00')).status, 400);
    assert.equal((await post(`${'['.repeat(60)}${']'.repeat(60)}`)).status, 400);
    assert.equal((await post('name=x', 'text/plain')).status, 400);
    assert.equal((await post(JSON.stringify({ name: 'x'.repeat(300_000) }))).status, 413);
    // Larger than what the server around it takes, not larger than what the API takes.
    const long = await post(JSON.stringify({ name: 'x'.repeat(100_000) }));
    assert.deepEqual([long.status, long.body.field], [400, 'name']);
    const form = await post('name=formed', 'application/x-www-form-urlencoded');
    assert.equal(form.status, 200);
  });

  it('lets pages of the configured origins call, and no others', async () => {
    const preflight = (origin: string, path = '/v1/rooms/x/tokens') =>
      stage().request('OPTIONS', path, {
        authorization: '',
        headers: {
          origin,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'authorization,if-match',
        },
      });
    for (const path of ['/v1/rooms', '/v1.1/rooms/x', '/services', '/services/x']) {
      const allowed = await preflight('https://admin.example', path);
      assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://admin.example', path);
      assert.match(allowed.headers.get('access-control-allow-methods') ?? '', /PUT/);
      assert.match(allowed.headers.get('access-control-allow-headers') ?? '', /if-match/);
    }
    const other = await preflight('https://evil.example');
    assert.equal(other.headers.get('access-control-allow-origin'), null);
    const answer = await stage().request('GET', '/v1/rooms', {
      headers: { origin: 'https://admin.example' },
    });
    assert.match(answer.headers.get('access-control-expose-headers') ?? '', /etag/);
  });

  it('serves a page of its documentation that its own policy lets run', async () => {
    const page = await stage().request('GET', '/docs/', { authorization: '' });
    assert.equal(page.status, 200);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /script-src 'self';/);
    const scripts = [...page.text.matchAll(/<script([^>]*)>([^<]*)</g)];
    assert.ok(scripts.length > 0);
    for (const [, attributes, text] of scripts) {
      assert.match(attributes ?? '', /src=/);
      assert.equal(text?.trim(), '');
    }
    for (const [, source] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const part = await stage().request('GET', new URL(source ?? '', `${stage().url}/docs/`).pathname);
      assert.equal(part.status, 200, source);
    }
    assert.equal((await stage().request('GET', '/docs/json')).status, 200);
  });
});
