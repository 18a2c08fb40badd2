import type { ClientMethod } from '../../common/contract/client.ts';
import type { Deployment } from './deployment.ts';
import { junk, mutate } from './mutations.ts';
import type { Random } from './random.ts';
import { dtlsParameters, rtpParameters } from './rtp.ts';
import { Refusal, SignalClient } from './signal-client.ts';

export interface Targets {
  streams: string[];
  participants: string[];
}

export interface Shot {
  method: string;
  /** `ok`, an error code, `no answer`, or `forgery accepted`: somebody came back with a ticket of his own making. */
  code: string;
}

/** A publication or subscription the attacker was granted. */
interface Session {
  id: string;
  tracks: { id: string; type: 'audio' | 'video' }[];
}

/** One client that sends what it should not, and comes back when it is thrown out. */
export class Attacker {
  readonly #deployment: Deployment;
  readonly #random: Random;
  readonly #room: string;
  readonly #targets: Targets;
  #client: SignalClient | undefined;
  #streams: Session[] = [];
  #subscriptions: Session[] = [];
  readonly #tickets = new Set<string>();
  #count = 0;

  constructor(
    deployment: Deployment,
    { random, room, targets }: { random: Random; room: string; targets: Targets },
  ) {
    this.#deployment = deployment;
    this.#random = random;
    this.#room = room;
    this.#targets = targets;
  }

  /** Sends one message: mostly a known request with something wrong in it, sometimes pure junk. */
  async shoot(method: ClientMethod | undefined): Promise<Shot> {
    const random = this.#random;
    const junkEvent = method === undefined || random.chance(0.05);
    const name = junkEvent
      ? random.pick(['hello', 'soac', 'constructor', '__proto__', 'toString', 'a'.repeat(200)])
      : method;
    const early = method === 'login' || method === 'relogin' || random.chance(0.02);
    const client = early ? await SignalClient.connect(this.#deployment.url) : await this.#joined();
    const input = junkEvent ? junk(random) : await this.#input(method);
    const code = await this.#send(client, name, input);
    if (early) client.close();
    return { method: name, code };
  }

  close(): void {
    this.#client?.close();
  }

  async #send(client: SignalClient, name: string, input: unknown): Promise<string> {
    try {
      const answer = await client.request(name as ClientMethod, input as never, 20_000);
      this.#remember(name, answer);
      const genuine = name !== 'relogin' || this.#tickets.has(ticketIn(input));
      return genuine ? 'ok' : 'forgery accepted';
    } catch (error) {
      // Who sends a ticket alone is an OWT client, and gets a sentence.
      if (error instanceof Refusal) return error.code === '' ? 'a sentence' : error.code;
      // A closed socket is an answer only to what ends the connection.
      return client.socket.connected ? 'no answer' : 'closed';
    }
  }

  #remember(name: string, answer: unknown): void {
    if (name === 'relogin' || name === 'refreshReconnectionTicket') this.#tickets.add(ticketIn(answer));
    if (name === 'publish') this.#streams.push(answer as Session);
    if (name === 'subscribe') this.#subscriptions.push(answer as Session);
    if (this.#streams.length > 8) this.#streams.shift();
    if (this.#subscriptions.length > 50) this.#subscriptions.shift();
  }

  async #joined(): Promise<SignalClient> {
    if (this.#client?.socket.connected === true) return this.#client;
    this.#streams = [];
    this.#subscriptions = [];
    this.#client = await SignalClient.join(this.#deployment.url, await this.#token(), ['send', 'recv']);
    this.#tickets.add(this.#client.login?.ticket ?? '');
    return this.#client;
  }

  async #token(): Promise<string> {
    this.#count += 1;
    // A viewer may not remove or mute others: what a moderator is allowed to do is no attack.
    const role = this.#room === 'call' ? 'viewer' : 'presenter';
    return await this.#deployment.token({ room: this.#room, user: `attacker-${String(this.#count)}`, role });
  }

  /** A right request, often with ids of others or with one place changed. */
  async #input(method: ClientMethod): Promise<unknown> {
    const right = await this.#right(method);
    return this.#random.chance(0.45) ? mutate(this.#random, right) : right;
  }

  async #right(method: ClientMethod): Promise<unknown> {
    const random = this.#random;
    const login = this.#client?.login;
    const kind = random.pick(['audio', 'video'] as const);
    const stream = random.chance(0.7) && this.#streams.length > 0 ? random.pick(this.#streams) : undefined;
    const streamId = stream?.id ?? random.pick([...this.#targets.streams, 'nobody']);
    const track = stream?.tracks[0]?.id ?? `${streamId}-${String(random.below(2))}`;
    const subscription =
      this.#subscriptions.length > 0 && random.chance(0.8) ? random.pick(this.#subscriptions) : undefined;
    const subscriptionId = subscription?.id ?? 'nothing';
    const transports = login?.media?.transports;
    const direction = random.pick(['send', 'recv'] as const);
    const transportId = (random.chance(0.8) ? transports?.[direction]?.id : undefined) ?? 'elsewhere';
    const tracks = [
      { type: kind, ...(random.chance(0.5) ? { source: kind === 'audio' ? 'mic' : 'camera' } : {}) },
    ];
    switch (method) {
      case 'login':
        return {
          token: await this.#token(),
          protocol: 'portico/1',
          userAgent: { sdk: { type: 'fuzz', version: '1' } },
        };
      case 'relogin':
        return await this.#relogin();
      case 'refreshReconnectionTicket':
        return undefined;
      case 'ack':
        return this.#cursor();
      case 'resync':
        return { cursor: this.#cursor() };
      case 'logout':
        return random.chance(0.3) ? undefined : { now: true };
      case 'publish':
        return {
          media: { tracks },
          transport: { type: 'mediasoup' },
          ...(random.chance(0.2) ? { id: streamId } : {}),
        };
      case 'subscribe':
        return {
          media: { tracks: [{ type: kind, from: random.pick([streamId, track]) }] },
          transport: { type: 'mediasoup' },
        };
      case 'unpublish':
        return { id: streamId };
      case 'unsubscribe':
      case 'resume':
        return { id: subscriptionId };
      case 'stream-control':
        return {
          id: streamId,
          operation: random.pick(['pause', 'play']),
          data: random.pick(['audio', 'video', 'av']),
        };
      case 'subscription-control':
        return { id: subscriptionId, operation: random.pick(['pause', 'play']), data: kind };
      case 'start-recording':
        // One that begins would cost the machine what the call needs.
        return { stream: 'nobody', container: random.pick(['mkv', 'webm', 'exe']) };
      case 'control-recording':
        return { id: 'nothing', operation: random.pick(['pause', 'play', 'stop', 'burn']) };
      case 'text':
        return {
          to: random.pick(['all', ...this.#targets.participants, 'nobody']),
          message: junk(random) ?? 'text',
        };
      case 'drop':
        return {
          id: random.pick([
            'nobody',
            login?.id ?? 'nobody',
            ...(this.#room === 'call' ? this.#targets.participants : []),
          ]),
        };
      case 'getRouterRtpCapabilities':
        return {};
      case 'createWebRtcTransport':
        return { direction };
      case 'connectTransport':
        return { transportId, dtlsParameters };
      case 'produce':
        return {
          id: streamId,
          track,
          transportId,
          kind: stream?.tracks[0]?.type ?? kind,
          rtpParameters: rtpParameters(stream?.tracks[0]?.type ?? kind),
        };
      case 'consume':
        return {
          id: subscriptionId,
          track: subscription?.tracks[0]?.id ?? track,
          transportId: transports?.recv?.id ?? 'elsewhere',
          rtpCapabilities: login?.media?.rtpCapabilities ?? {},
        };
      case 'setLayers':
        return { id: subscriptionId, spatialLayer: random.below(8), temporalLayer: random.below(8) };
      case 'restartIce':
        return { transportId };
      case 'getStats':
        return { id: random.pick([streamId, subscriptionId]) };
    }
  }

  /** Somewhere in the log, or far from it. */
  #cursor(): { epoch: number; seq: number } {
    const { epoch, seq } = this.#client?.login?.cursor ?? { epoch: 0, seq: 0 };
    const random = this.#random;
    return random.chance(0.7)
      ? { epoch, seq: seq + random.below(10) }
      : { epoch: epoch + random.pick([-1, 1, 1e12]), seq: random.pick([-5, 0, 2 ** 40]) };
  }

  /** Mostly with a ticket of the attacker's own making, made from a genuine one. */
  async #relogin(): Promise<unknown> {
    const random = this.#random;
    const { login } = await this.#joined();
    const genuine = login?.ticket ?? '';
    const ticket = random.chance(0.1) ? genuine : forge(random, genuine, this.#targets.participants);
    return random.chance(0.3)
      ? ticket
      : { ticket, cursor: this.#cursor(), held: { transports: [], publications: [], subscriptions: [] } };
  }
}

/** A ticket in which one thing is another. */
function forge(random: Random, genuine: string, victims: string[]): string {
  const fields = JSON.parse(Buffer.from(genuine, 'base64').toString() || '{}') as Record<string, unknown>;
  const name = random.pick(Object.keys(fields));
  const before = JSON.stringify(fields[name]);
  const better = {
    participantId: random.pick([...victims, 'nobody']),
    role: 'presenter',
    room: 'call',
    generation: 1_000,
    notAfter: Date.now() + 1e12,
  }[name];
  fields[name] = random.chance(0.5) && better !== undefined ? better : junk(random);
  if (JSON.stringify(fields[name]) === before) fields[name] = `${before}!`;
  return Buffer.from(JSON.stringify(fields)).toString('base64');
}

const ticketIn = (input: unknown): string =>
  typeof input === 'string' ? input : ((input as { ticket?: string } | undefined)?.ticket ?? '');
