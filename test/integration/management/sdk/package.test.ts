import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventBody } from '../../../../management-api/webhooks/event-body.ts';
import { signWebhook } from '../../../../management-api/webhooks/signature.ts';
import { RoomId } from '../../../../common/contract/ids.ts';
import { fixture } from '../../../support/fixture.ts';
import { otherService, Stage } from '../rest/stage.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** A folder in which the package is installed: its own files copied, its dependencies beside it. */
async function installed(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-installed-'));
  const home = join(folder, 'node_modules', 'portico');
  await mkdir(join(home, 'client', 'dist'), { recursive: true });
  await cp(join(root, 'package.json'), join(home, 'package.json'));
  await cp(join(root, 'client', 'dist', 'admin'), join(home, 'client', 'dist', 'admin'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (!name.startsWith('.')) {
      await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
  }
  return folder;
}

const program = `
import { PorticoAdmin, PorticoAdminError, verifyWebhook } from 'portico/admin';

const [url, service, key, body, authorization] = process.argv.slice(2);
const admin = new PorticoAdmin({ url, service, key });
const { room } = await admin.rooms.create({ name: 'installed' });
const names = [];
for await (const one of admin.rooms.list()) names.push(one.name);
const missing = await admin.rooms.get('missing').catch((error) => error);
console.log(JSON.stringify({
  room: room.name,
  names,
  missing: [missing instanceof PorticoAdminError, missing.code],
  minted: typeof admin.mintToken({ room: 'board', user: 'ann', role: 'presenter' }),
  event: verifyWebhook({ body, authorization, key }).type,
}));
`;

const typedProgram = `
import { PorticoAdmin, PorticoAdminError, verifyWebhook, type Room, type WebhookEvent } from 'portico/admin';

const admin = new PorticoAdmin({ url: 'http://localhost', service: 'a', key: 'b' });
export async function limits(): Promise<number[]> {
  const rooms: Room[] = [];
  for await (const room of admin.rooms.list()) rooms.push(room);
  await admin.participants.permit('r', 'p', { publish: { audio: false } });
  return rooms.map((room) => room.participantLimit);
}
export function who(body: string, authorization: string): string | undefined {
  const event: WebhookEvent = verifyWebhook({ body, authorization, key: 'b' });
  return event.type === 'participant_joined' ? event.data.participant.user : undefined;
}
export const retryable = (error: unknown): boolean => error instanceof PorticoAdminError && error.retryable;
// @ts-expect-error a room needs a name
void admin.rooms.create({});
`;

describe('the server SDK, installed as a package', () => {
  const folder = fixture(installed, async (path) => {
    await rm(path, { recursive: true });
  });
  const stage = fixture(
    async () => {
      const started = await Stage.start();
      await started.addOther();
      return started;
    },
    async (running) => {
      await running.stop();
    },
  );

  it('is imported by name from plain JavaScript, and works', async () => {
    const file = join(folder(), 'program.mjs');
    await writeFile(file, program);
    const { id, key } = otherService;
    const body = eventBody({
      event: { type: 'room_started' },
      at: Date.now(),
      id: 'e1',
      room: RoomId.parse('board'),
      service: id,
    });
    const authorization = signWebhook({ service: otherService, body, id: '1-1', now: Date.now() });
    // Type stripping off: the package must not need it.
    const { stdout } = await run(process.execPath, [
      '--no-experimental-strip-types',
      ...[file, stage().url, id, key, body, authorization],
    ]);
    assert.deepEqual(JSON.parse(stdout), {
      room: 'installed',
      names: ['installed'],
      missing: [true, 'room_not_found'],
      minted: 'string',
      event: 'room_started',
    });
  });

  it('has types that programs are checked against', async function () {
    this.timeout(60_000);
    await writeFile(join(folder(), 'typed.ts'), typedProgram);
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, ...options, '--types', 'node', 'typed.ts'], { cwd: folder() }).catch(
      (error: unknown) => assert.fail((error as { stdout: string }).stdout),
    );
  });
});
