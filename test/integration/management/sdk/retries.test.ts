import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import jwt from 'jsonwebtoken';
import { PorticoAdmin } from '../../../../management-api/sdk/index.ts';
import { freePort } from '../../../support/free-port.ts';

type Step = (response: ServerResponse, request: IncomingMessage) => void;

const problem =
  (status: number, code: string, extra: object = {}): Step =>
  (response) => {
    const body = { type: 'x', title: 'x', status, detail: `it is ${code}`, code, ...extra };
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };
const room: Step = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', etag: '"3"' }).end('{"_id":"a"}');
};
const drop: Step = (response) => response.destroy();
const hang: Step = () => undefined;

describe('the server SDK, when requests fail', () => {
  let server: Server;
  let steps: Step[];
  let seen: IncomingMessage[];
  let admin: PorticoAdmin;

  beforeEach(async () => {
    steps = [];
    seen = [];
    server = createServer((request, response) => {
      seen.push(request);
      request.resume();
      (steps.shift() ?? room)(response, request);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/behind/a/proxy`;
    admin = new PorticoAdmin({ url, service: 'shop', key: 'k'.repeat(32), timeoutMs: 300 });
  });

  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  const keys = () => seen.map(({ headers }) => headers['idempotency-key']);

  it('sends what makes something again with the same Idempotency-Key', async () => {
    steps = [problem(503, 'unavailable'), drop, hang];
    assert.deepEqual(await admin.rooms.create({ name: 'a' }), { room: { _id: 'a' }, version: '3' });
    assert.equal(seen.length, 4);
    assert.equal(new Set(keys()).size, 1);
    assert.match(String(keys()[0]), /^[0-9a-f-]{36}$/);
    await admin.rooms.create({ name: 'b' });
    assert.equal(new Set(keys()).size, 2);
  });

  it('gives up after some attempts with the last error', async () => {
    steps = Array.from({ length: 9 }, () => problem(503, 'unavailable'));
    await assert.rejects(admin.rooms.get('a'), {
      status: 503,
      code: 'unavailable',
      message: 'it is unavailable',
      retryable: true,
    });
    assert.equal(seen.length, 4);
  });

  it('does not repeat what fails for good', async () => {
    steps = [problem(404, 'room_not_found')];
    await assert.rejects(admin.rooms.get('a'), { status: 404, code: 'room_not_found' });
    assert.equal(seen.length, 1);
  });

  it('waits as long as the server wants, but not for ever', async () => {
    steps = [problem(429, 'rate_limited', { retryAfterMs: 400 })];
    const begun = performance.now();
    await admin.rooms.get('a');
    assert.ok(performance.now() - begun >= 390);
    steps = [problem(429, 'rate_limited', { retryAfterMs: 600_000 })];
    await assert.rejects(admin.rooms.get('a'), { code: 'rate_limited', retryAfterMs: 600_000 });
  });

  it('takes a deletion for done whose answer was lost', async () => {
    steps = [drop, problem(404, 'room_not_found')];
    await admin.rooms.delete('a');
    steps = [problem(404, 'room_not_found')];
    await assert.rejects(admin.rooms.delete('a'), { code: 'room_not_found' });
  });

  it('does not repeat a change that depends on a version, or a test, when no answer came', async () => {
    steps = [drop];
    await assert.rejects(admin.rooms.update('a', { name: 'x' }, { version: '3' }), { code: 'unreachable' });
    steps = [drop];
    await assert.rejects(admin.webhooks.test('w'), { code: 'unreachable' });
    assert.equal(seen.length, 2);
    steps = [problem(503, 'unavailable')];
    await admin.rooms.update('a', { name: 'x' }, { version: '3' });
    assert.equal(seen.at(-1)?.headers['if-match'], '"3"');
  });

  it('says what is wrong when nobody answers, or somebody else', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const nobody = new PorticoAdmin({ url, service: 'shop', key: 'k'.repeat(32), attempts: 1 });
    await assert.rejects(nobody.rooms.get('a'), {
      code: 'unreachable',
      status: 0,
      message: /^the server at http:\/\/127\.0\.0\.1:\d+\/ cannot be reached: .*ECONNREFUSED/,
    });
    steps = [(response) => response.end('<html>')];
    await assert.rejects(admin.rooms.get('a'), { code: 'unexpected', message: /is this a Portico server\?/ });
    steps = [(response) => response.writeHead(418).end('teapot')];
    await assert.rejects(admin.rooms.get('a'), { code: 'unexpected', status: 418, retryable: false });
    steps = [(response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()];
    await assert.rejects(admin.rooms.get('a'), { code: 'unexpected', status: 302, retryable: false });
  });

  it('signs with a short-lived JWT, asks below the path of its URL, and encodes ids', async () => {
    await admin.rooms.get('a/../b?c');
    const [request] = seen as [IncomingMessage];
    assert.equal(request.url, '/behind/a/proxy/v1.1/rooms/a%2F..%2Fb%3Fc');
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    const { header, payload } = jwt.verify(token, 'k'.repeat(32), {
      complete: true,
      audience: 'portico-admin',
      issuer: 'shop',
      algorithms: ['HS256'],
    });
    assert.equal(header.kid, 'shop');
    const { exp = 0, iat = 0 } = payload as jwt.JwtPayload;
    assert.equal(exp - iat, 120);
  });
});
