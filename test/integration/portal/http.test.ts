import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { get as getSecurely } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningKeys } from '../../../common/auth/keys.ts';
import { verifyToken } from '../../../common/auth/verify.ts';
import type { Portal, PortalOptions } from '../../../portal/portal.ts';
import { Client } from './support/client.ts';
import { ScriptedConference } from './support/scripted-conference.ts';
import { key, World } from './support/world.ts';

const keys = new SigningKeys([key]);

describe('the web server of a portal', () => {
  let world: World;
  let portal: Portal;
  let folder: string;
  let pages: { app: string; sdk: string };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-pages-'));
    pages = { app: join(folder, 'app'), sdk: join(folder, 'sdk') };
    await mkdir(join(pages.app, 'assets'), { recursive: true });
    await mkdir(pages.sdk);
    await writeFile(join(pages.app, 'index.html'), '<!doctype html><title>app</title>');
    await writeFile(join(pages.app, 'assets', 'index-abc123.js'), 'run()');
    await writeFile(join(pages.sdk, 'portico.js'), 'export {}');
    await writeFile(join(pages.sdk, 'portico.js.map'), '{}');
    await writeFile(join(pages.sdk, 'index.d.ts'), 'export {}');
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await world.close();
  });

  async function start(
    options: Partial<PortalOptions> = {},
    server: Record<string, unknown> = {},
  ): Promise<void> {
    world = new World({ server: { port: 0, ...server } });
    ({ portal } = await world.portal({ keys, pages, ...options }));
  }

  const fetchFrom = (path: string, init?: RequestInit) => fetch(`${portal.url}${path}`, init);

  /** fetch would tidy the path up and add headers of its own. */
  const statusOf = (path: string, headers: Record<string, string> = {}): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: portal.port, path, headers };
      const onResponse = (response: IncomingMessage) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      };
      request(options, onResponse).on('error', reject).end();
    });

  it('serves the app and the SDK, with caching that suits them', async () => {
    await start();
    const expected: [path: string, type: RegExp, cache: RegExp][] = [
      ['/', /text\/html/, /^no-cache$/],
      ['/?room=demo&user=alice', /text\/html/, /^no-cache$/],
      ['/assets/index-abc123.js', /javascript/, /max-age=31536000, immutable/],
      ['/sdk/portico.js', /javascript/, /^no-cache$/],
      ['/sdk/portico.js.map', /json/, /^no-cache$/],
      ['/sdk/index.d.ts', /./, /^no-cache$/],
    ];
    for (const [path, type, cache] of expected) {
      const response = await fetchFrom(path);
      assert.equal(response.status, 200, path);
      assert.match(response.headers.get('content-type') ?? '', type, path);
      assert.match(response.headers.get('cache-control') ?? '', cache, path);
      await response.text();
    }
    const sdk = await fetchFrom('/sdk/portico.js');
    assert.equal(sdk.headers.get('access-control-allow-origin'), '*', 'other sites import it');
    const etag = sdk.headers.get('etag');
    assert.ok(etag !== null);
    assert.equal(await statusOf('/sdk/portico.js', { 'if-none-match': etag }), 304);
  });

  it('sends security headers with everything', async () => {
    await start();
    for (const path of ['/', '/sdk/portico.js', '/nothing/here']) {
      const { headers } = await fetchFrom(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      const policy = headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'self'/);
      assert.match(policy, /script-src 'self';/);
      assert.match(headers.get('permissions-policy') ?? '', /camera=\(self\)/);
      assert.equal(headers.get('x-powered-by'), null);
    }
  });

  it('serves nothing outside its folders', async () => {
    await start();
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/sdk/..%2f..%2fpackage.json', '/.env']) {
      const status = await statusOf(path);
      assert.ok([400, 403, 404].includes(status), `${path}: ${String(status)}`);
    }
  });

  it('says so when the app has not been built', async () => {
    await start({ pages: { app: join(folder, 'none'), sdk: join(folder, 'none') } });
    for (const path of ['/', '/sdk/portico.js']) {
      const response = await fetchFrom(path);
      assert.equal(response.status, 503);
      assert.match(await response.text(), /has not been built/);
    }
  });

  it('answers 404 to what does not exist', async () => {
    await start();
    for (const [path, init] of [
      ['/nothing', {}],
      ['/nothing', { method: 'POST' }],
      ['/', { method: 'DELETE' }],
    ] as const) {
      assert.equal((await fetchFrom(path, init)).status, 404);
    }
  });

  it('takes further routes', async () => {
    await start({
      registerRoutes: (fastify) => {
        fastify.get('/healthz', () => ({ status: 'ok' }));
      },
    });
    assert.deepEqual(await (await fetchFrom('/healthz')).json(), { status: 'ok' });
  });

  it('names the reason when its port is taken, and leaves nothing behind', async () => {
    await start();
    const other = new World({ server: { port: portal.port } });
    await assert.rejects(other.portal({ keys, pages }), /port \d+: another program uses it/);
    await other.close();
  });

  describe('in dev mode', () => {
    const body = JSON.stringify({ room: 'demo', user: 'alice', role: 'presenter' });
    const json = { 'content-type': 'application/json' };

    /** fetch sets Host and Origin itself; this sends what it is told. */
    function post(headers: Record<string, string>, text = body): Promise<{ status: number; text: string }> {
      return new Promise((resolve, reject) => {
        const options = {
          host: '127.0.0.1',
          port: portal.port,
          path: '/sample/tokens',
          method: 'POST',
          headers,
        };
        request(options, (response) => {
          let answer = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, text: answer });
          });
        })
          .on('error', reject)
          .end(text);
      });
    }
    const host = () => `localhost:${String(portal.port)}`;

    beforeEach(async () => {
      await start({ devMode: true });
    });

    it('gives its own page tokens, for the host that the page came from', async () => {
      const { status, text } = await post({ ...json, host: host(), origin: `http://${host()}` });
      assert.equal(status, 200);
      const claims = await verifyToken(text, keys);
      assert.equal(claims.sub, 'alice');
      assert.equal(claims.room, 'demo');
      assert.equal(claims.role, 'presenter');
      assert.equal(claims.host, host());
      assert.equal(claims.secure, false);
      assert.equal(claims.exp - claims.iat, 180);
    });

    it('gives tokens to programs, which send no origin', async () => {
      const response = await fetchFrom('/sample/tokens', { method: 'POST', headers: json, body });
      assert.equal(response.status, 200);
      assert.match(response.headers.get('content-type') ?? '', /text\/plain/);
      assert.equal(response.headers.get('cache-control'), 'no-store');
    });

    it('gives tokens that work', async () => {
      await ScriptedConference.start(world);
      const { text } = await post({ ...json, host: host() });
      const client = await Client.connect(portal.url);
      assert.equal((await client.login(text))[0], 'ok');
      client.close();
    });

    it('gives nothing to pages of other sites', async () => {
      const foreign: Record<string, string>[] = [
        { origin: 'https://evil.example.com' },
        { origin: 'null' },
        { origin: `http://localhost:1` },
        { origin: `http://${host()}`, 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ];
      for (const headers of foreign) {
        assert.equal(
          (await post({ ...json, host: host(), ...headers })).status,
          403,
          JSON.stringify(headers),
        );
      }
      // A name of the attacker that resolves to this machine makes its page look like our own.
      const rebound = `evil.example.com:${String(portal.port)}`;
      assert.equal((await post({ ...json, host: rebound, origin: `http://${rebound}` })).status, 403);
      const preflight = await fetchFrom('/sample/tokens', {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' },
      });
      assert.equal(preflight.status, 404);
      assert.equal(preflight.headers.get('access-control-allow-origin'), null);
    });

    it('takes nothing but JSON, so that no form can ask', async () => {
      const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
      for (const type of types) {
        assert.equal((await post({ 'content-type': type, host: host() })).status, 415, type);
      }
      assert.ok((await post({ host: host() })).status >= 400);
      assert.ok((await post({ host: host() }, '')).status >= 400);
    });

    it('names what is wrong with the request', async () => {
      const cases: [unknown, string][] = [
        [{ user: 'a', role: 'b' }, 'room'],
        [{ room: 'no spaces', user: 'a', role: 'b' }, 'room'],
        [{ room: 'demo', user: '', role: 'b' }, 'user'],
        [{ room: 'demo', user: 'a', role: 'b', admin: true }, 'admin'],
      ];
      for (const [input, field] of cases) {
        const { status, text } = await post({ ...json, host: host() }, JSON.stringify(input));
        assert.equal(status, 400);
        assert.equal((JSON.parse(text) as { field: string }).field, field);
      }
      assert.equal((await post({ ...json, host: host() }, '{broken')).status, 400);
      assert.equal((await post({ ...json, host: host() }, `{"a":"${'x'.repeat(20_000)}"}`)).status, 413);
    });
  });

  it('has no sample tokens outside dev mode', async () => {
    await start({ devMode: false });
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ room: 'demo', user: 'alice', role: 'presenter' });
    const unknown = await fetchFrom('/nothing', { method: 'POST', headers, body });
    const response = await fetchFrom('/sample/tokens', { method: 'POST', headers, body });
    assert.equal(response.status, 404);
    assert.equal(await response.text(), await unknown.text(), 'like any unknown path');
  });

  it('speaks HTTPS with a certificate, Socket.IO included', async function () {
    const certificate = join(folder, 'cert.pem');
    const privateKey = join(folder, 'key.pem');
    const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', privateKey, '-out', certificate, ...subject],
      {
        stdio: 'ignore',
      },
    );
    await start({ devMode: true }, { tls_certificate: certificate, tls_key: privateKey });
    assert.match(portal.url, /^https:\/\/localhost:/);
    const status = await new Promise((resolve, reject) => {
      getSecurely(portal.url, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    assert.equal(status, 200);
    const client = await Client.connect(portal.url, { rejectUnauthorized: false });
    client.close();
  });

  it('names the file when a certificate cannot be used', async () => {
    world = new World();
    const missing = new World({ server: { tls_certificate: '/none.pem', tls_key: '/none.key' } });
    await assert.rejects(missing.portal({ keys }), /tls_certificate: cannot read '\/none.pem'/);
    await missing.close();
    const half = new World({ server: { tls_key: '/none.key' } });
    await assert.rejects(half.portal({ keys }), /go together/);
    await half.close();
    const nonsense = join(folder, 'nonsense.pem');
    await writeFile(nonsense, 'not a certificate');
    const broken = new World({ server: { tls_certificate: nonsense, tls_key: nonsense } });
    await assert.rejects(broken.portal({ keys }), /not valid PEM/);
    await broken.close();
  });
});
