import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import { serveAdminPage } from '../../../management-api/http/admin-page.ts';

describe('serving the admin page', () => {
  let folder = '';
  let app: FastifyInstance;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-test-'));
    app = fastify();
  });
  afterEach(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('answers with the page, which may run its own code only', async () => {
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>Portico admin</title>');
    await writeFile(join(folder, 'assets', 'index-1.js'), '0;');
    await serveAdminPage(app, folder);
    const page = await app.inject('/admin/');
    assert.equal(page.body, '<title>Portico admin</title>');
    assert.match(String(page.headers['content-security-policy']), /script-src 'self';/);
    assert.equal(page.headers['x-frame-options'], 'DENY');
    assert.equal(page.headers['cache-control'], 'no-cache');
    const script = await app.inject('/admin/assets/index-1.js');
    assert.match(String(script.headers['cache-control']), /immutable/);
    assert.equal((await app.inject('/admin/nothing.js')).statusCode, 404);
  });

  it('leads to the address with a slash, also behind a reverse proxy that added a path', async () => {
    await serveAdminPage(app, folder);
    const { statusCode, headers } = await app.inject('/admin');
    assert.deepEqual([statusCode, headers.location], [308, 'admin/']);
  });

  it('says so when the page has not been built', async () => {
    await serveAdminPage(app, folder);
    const { statusCode, body } = await app.inject('/admin/');
    assert.equal(statusCode, 503);
    assert.match(body, /has not been built: start the server with npm start/);
  });
});
