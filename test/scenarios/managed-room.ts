import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { PorticoAdmin } from '../../management-api/sdk/index.ts';
import { type WebhookEvent } from '../../management-api/sdk/index.ts';
import type { Browser } from '../support/browser.ts';
import type { Deployment } from '../support/deployment.ts';
import { ParticipantPage } from '../support/page.ts';
import { until } from '../support/until.ts';

/** A backend of an application: an HTTP server that notes the webhooks it gets, after checking who sent them. */
export class Backend {
  readonly events: WebhookEvent[] = [];
  readonly #server: Server;

  static async start(admin: PorticoAdmin): Promise<Backend> {
    const server = createServer();
    const backend = new Backend(server, admin);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return backend;
  }

  private constructor(server: Server, admin: PorticoAdmin) {
    this.#server = server;
    server.on('request', (request, answer) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        this.events.push(admin.verifyWebhook(Buffer.concat(chunks), request.headers.authorization));
        answer.end();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/events`;
  }

  /** Types of the events of a room, in the order in which they came. */
  typesOf(room: string): string[] {
    return this.events.flatMap((event) => ('room' in event && event.room === room ? [event.type] : []));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export interface Stage {
  deployment: Deployment;
  admin: PorticoAdmin;
  browser: Browser;
}

/** The page of somebody whom the application let in with a token of the API. */
export async function letIn(
  { deployment, admin, browser }: Stage,
  { room, user, role = 'presenter' }: { room: string; user: string; role?: string },
): Promise<ParticipantPage> {
  const { token } = await admin.tokens.create(room, { user, role });
  const joinUrl = () => pageOf(deployment, { room, user, token });
  return await ParticipantPage.join(browser, { ...deployment, joinUrl }, { room, user });
}

/** Address of the page that joins at once with a token. */
export function pageOf(deployment: Deployment, query: { room: string; user: string; token: string }): string {
  const address = new URL(deployment.url);
  for (const [name, value] of Object.entries({ ...query, autojoin: '1' })) {
    address.searchParams.set(name, value);
  }
  return address.href;
}

/** Id of the stream of a user, as the API knows it. */
export async function streamOf(admin: PorticoAdmin, room: string, user: string): Promise<string> {
  const people = await admin.participants.list(room);
  const id = people.find((person) => person.user === user)?.id;
  const streams = await admin.streams.list(room);
  const stream = streams.find(({ info }) => 'owner' in info && info.owner === id);
  assert.ok(stream, `${user} publishes`);
  return stream.id;
}

/** Waits until a page has shown no new picture of somebody for a second. */
export async function seesNothingMore(viewer: ParticipantPage, user: string): Promise<void> {
  const selector = await viewer.video(user).catch(() => undefined);
  if (selector === undefined) return;
  let last = { frames: -1, at: performance.now() };
  await until(
    async () => {
      const frames = await viewer.frames(selector);
      if (frames !== last.frames) last = { frames, at: performance.now() };
      return performance.now() - last.at > 1_000;
    },
    { what: `${viewer.user} sees nothing more of ${user}`, timeoutMs: 10_000 },
  );
}
